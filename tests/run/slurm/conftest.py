"""A real Slurm for tests: a controller and two nodes on this machine, on free ports."""

import os
import shutil
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

NEEDED = ("slurmctld", "slurmd", "sbatch", "munged")
MAX_ARRAY = 2
CONF = """
ClusterName=simtest
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
SlurmctldPort={ports[0]}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
ReturnToService=2
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=0
InactiveLimit=0
KillWait=5
MinJobAge=600
MaxArraySize={max_array}
NodeName=n[1-2] NodeHostname=localhost NodeAddr=127.0.0.1 Port=[{ports[1]}-{ports[2]}] CPUs=1 RealMemory=1000000 State=UNKNOWN
PartitionName=test Nodes=n[1-2] Default=YES MaxTime=INFINITE State=UP
"""  # noqa: E501


def _missing():
    """Return why there can be no Slurm here; empty when there can."""
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    absent = [name for name in NEEDED if shutil.which(name, path=places) is None]
    if absent:
        return f"Slurm's programs are not installed: {', '.join(absent)} (see .ci/run)"
    if os.geteuid() != 0:
        return "only root can start Slurm's daemons"
    return ""


def _free_ports():
    """Return a port for the controller and two neighbours for the nodes."""
    for _ in range(100):
        with ExitStack() as stack:
            made = [stack.enter_context(socket.socket()) for _ in range(3)]
            try:
                made[0].bind(("127.0.0.1", 0))
                made[1].bind(("127.0.0.1", 0))
                first = made[1].getsockname()[1]
                made[2].bind(("127.0.0.1", first + 1))
            except OSError:
                continue
            return made[0].getsockname()[1], first, first + 1
    raise AssertionError("no free ports")


@contextmanager
def _daemon(*command):
    """Run a daemon in the foreground; it also ends when this process is killed."""
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "TERM", *command],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until(question, what, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def said(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _munge_answers():
    return subprocess.run(["munge", "-n"], capture_output=True, check=False).returncode == 0


@contextmanager
def _munge():
    if _munge_answers():
        yield  # somebody's, and left to them
        return
    for place in ("/run/munge", "/var/log/munge", "/var/lib/munge"):
        Path(place).mkdir(parents=True, exist_ok=True)
        shutil.chown(place, "munge", "munge")
    Path("/run/munge").chmod(0o755)
    user = ["setpriv", "--reuid=munge", "--regid=munge", "--clear-groups"]
    with _daemon(*user, "munged", "--foreground"):
        _until(_munge_answers, "munged does not answer")
        yield


@pytest.fixture(scope="session")
def slurm(tmp_path_factory):
    """Start Slurm, point this process's environment to it, and always stop it again."""
    reason = _missing()
    if reason:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("slurm")
    for name in ("state", "spool-n1", "spool-n2"):
        (folder / name).mkdir()
    conf = folder / "slurm.conf"
    conf.write_text(CONF.format(folder=folder, ports=_free_ports(), max_array=MAX_ARRAY))
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setenv("SLURM_CONF", str(conf))
        patch.setenv("PATH", "/usr/sbin:/sbin", prepend=os.pathsep)
        stack.enter_context(_munge())
        stack.enter_context(_daemon("slurmctld", "-D", "-c"))
        for node in ("n1", "n2"):
            stack.enter_context(_daemon("slurmd", "-D", "-N", node))
        _until(lambda: said("sinfo", "-h", "-t", "idle", "-o", "%D") == "2", "no nodes are up")
        try:
            yield conf
        finally:
            subprocess.run(["scancel", "--user=root", "--signal=KILL", "--full"], check=False)
            subprocess.run(["scancel", "--user=root"], check=False)
            _until(lambda: said("squeue", "-h") == "", "jobs do not end")
