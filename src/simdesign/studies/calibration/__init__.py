"""Is an estimator calibrated on data drawn from its own model: see docs/model_check.md."""
