"""What is asked of a page in its own language: JavaScript, one function each."""

CONTROLS = """() => {
  const kind = e => { const t = e.tagName.toLowerCase(), href = e.getAttribute('href');
    if (t === 'a') return e.hasAttribute('download') ? 'download'
      : href.startsWith('#') ? 'within' : 'elsewhere';
    if (e.readOnly) return 'region';
    if (t === 'input') return ['range', 'checkbox', 'radio', 'number'].includes(e.type) ? e.type
      : ['button', 'submit', 'reset'].includes(e.type) ? 'button' : 'text';
    return ['button', 'select', 'summary', 'textarea'].includes(t) ? t
      : e.getAttribute('role') === 'button' ? 'button' : 'region' };
  document.querySelectorAll('[data-control]').forEach(e => { delete e.dataset.control });
  return [...document.querySelectorAll(
    'a[href], button, input, select, textarea, summary, [tabindex]')]
  .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.disabled && e.tabIndex >= 0
    && e.type !== 'hidden')
  .map((e, i) => { e.dataset.control = i;
    const of = (name, other) => e[name] === '' || e[name] === undefined || isNaN(e[name])
      ? other : Number(e[name]);
    return {n: i, tag: e.tagName.toLowerCase(), kind: kind(e), href: e.getAttribute('href'),
      lang: e.getAttribute('lang'), group: e.type === 'radio' ? e.name : '', checked: !!e.checked,
      value: of('value', 0), min: of('min', 0), max: of('max', e.type === 'range' ? 100 : 1e9),
      step: of('step', 1), chosen: e.selectedIndex ?? -1,
      said: (e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent
        || e.name || '').trim().replace(/\\s+/g, ' ').slice(0, 60)} }) }"""
"""Number every control that can be seen, and describe it."""

OPEN_ALL = "() => document.querySelectorAll('details').forEach(e => { e.open = true })"

RECORD_FOCUS = """() => {
  window.focused = [];
  const look = e => { const s = getComputedStyle(e);
    return [s.outlineStyle, s.outlineWidth, s.outlineColor, s.boxShadow, s.borderColor,
            s.backgroundColor, s.textDecorationLine].join() };
  const plain = new Map();
  document.querySelectorAll('[data-control]').forEach(e => plain.set(e, look(e)));
  document.addEventListener('focusin', event => { const e = event.target;
    window.focused.push([Number(e.dataset.control ?? -1), look(e) !== plain.get(e)]) }) }"""
"""Note each control that gets the focus, and whether it looks different then."""

COUNT_CHANGES = """n => {
  const own = document.querySelector(`[data-control="${n}"]`);
  window.changes = 0;
  window.watching = new MutationObserver(found => {
    window.changes += found.filter(f => f.target !== own && !own.contains(f.target)).length });
  window.watching.observe(document, {subtree: true, childList: true, attributes: true,
    characterData: true});
  window.said = document.body.innerText;
  window.place = location.hash + location.search }"""

CHANGED = """() => { const place = location.hash + location.search;
  return window.changes > 0 || place !== window.place
    || window.said !== document.body.innerText }"""
"""Whether the page changed outside of the control, or what it shows, or its address."""

PUT_BACK = """([n, before, group, chosen]) => {
  const e = document.querySelector(`[data-control="${n}"]`);
  if (group) { const all = [...document.querySelectorAll('input[type=radio]')];
    all.filter(r => r.name === group && r.defaultChecked).forEach(r => r.click()); return }
  if (e.type === 'checkbox') { if (e.checked !== before) e.click(); return }
  if (chosen >= 0) e.selectedIndex = chosen; else e.value = before;
  for (const name of ['input', 'change']) e.dispatchEvent(new Event(name, {bubbles: true})) }"""
"""Leave a control as it was found."""

CUT_OFF = """() => {
  const found = [], width = document.documentElement.clientWidth;
  const name = e => `${e.tagName.toLowerCase()}.${e.getAttribute('class') || ''}: `
    + (e.textContent || e.value || '').trim().replace(/\\s+/g, ' ').slice(0, 60);
  const ask = test => { const known = new Map(); const asked = e => {
    if (!e) return false;
    if (!known.has(e)) known.set(e, test(e) || asked(e.parentElement));
    return known.get(e) }; return asked };
  const hidden = ask(e => { const s = getComputedStyle(e), r = e.getBoundingClientRect();
    // off the screen on purpose: for those who listen to a page
    return s.position === 'absolute' && (r.right <= 0 || r.width <= 2 || s.clipPath !== 'none') });
  const scrolls = ask(e => ['auto', 'scroll'].includes(getComputedStyle(e).overflowX));
  const cutting = new Map(), cuts = ['hidden', 'clip'];
  const cutters = e => { if (!e || e === document.body) return [];
    if (!cutting.has(e)) { const s = getComputedStyle(e);
      const x = cuts.includes(s.overflowX), y = cuts.includes(s.overflowY);
      cutting.set(e, [...(x || y ? [[e.getBoundingClientRect(), x, y]] : []),
        ...cutters(e.parentElement)]) }
    return cutting.get(e) };
  if (document.documentElement.scrollWidth > width)
    found.push(`document: ${document.documentElement.scrollWidth} px wide`);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walker.nextNode()) {
    const text = walker.currentNode, e = text.parentElement;
    if (!text.data.trim() || seen.has(e)) continue;
    if (!e.checkVisibility({visibilityProperty: true})) continue;
    if (['SCRIPT', 'STYLE', 'TITLE', 'DESC', 'OPTION'].includes(e.tagName.toUpperCase())) continue;
    seen.add(e);
    if (hidden(e)) continue;
    const range = document.createRange(); range.selectNodeContents(text);
    const r = range.getBoundingClientRect();
    if (r.width === 0) continue;
    const within = scrolls(e.parentElement) || (r.left >= -1 && r.right <= width + 1);
    if (!within) found.push('off the page, ' + name(e));
    const svg = e.ownerSVGElement;
    if (svg) { let top = svg; while (top.ownerSVGElement) top = top.ownerSVGElement;
      const box = top.getBoundingClientRect();
      if (getComputedStyle(top).overflow !== 'visible' && (r.left < box.left - 1
          || r.right > box.right + 1 || r.top < box.top - 1 || r.bottom > box.bottom + 1))
        found.push('outside its figure, ' + name(e));
      continue }
    if (cutters(e).some(([box, x, y]) => (x && (r.left < box.left - 1 || r.right > box.right + 1))
        || (y && (r.top < box.top - 1 || r.bottom > box.bottom + 1))))
      found.push('cut off, ' + name(e));
  }
  return found }"""
"""Texts of which a part cannot be seen, nor be scrolled to."""

THIN = """keep => {
  const form = row => [...row.querySelectorAll('*')].map(e => e.tagName + '.' + e.className).join();
  for (const body of document.querySelectorAll('tbody')) { const seen = {};
    for (const row of [...body.rows]) { const f = form(row); seen[f] = (seen[f] || 0) + 1;
      if (seen[f] > keep) row.remove() } }
  document.querySelectorAll('svg[aria-hidden=true]').forEach(e => e.replaceChildren()) }"""
"""Leave a few rows of each form in each table, and no parts of pictures hidden from readers."""
