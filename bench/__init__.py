"""The benchmarks: each figure beside its peer or its limit, measured in the same run."""
