"""The results of a run: terminal, report, ``verdict.json``, web UI."""
