"""The reference documents that are made from the code: `python -m scenarios reference`."""
