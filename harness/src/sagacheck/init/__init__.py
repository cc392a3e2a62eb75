"""Looks at a workflow and writes what a team needs to begin: the saga, configuration, a scenario.

    looking        what there is: activities, children, queues, messages, inputs, results
    http_calls     which endpoint an activity calls, read from its source
    naming         an activity's name as service and verb, and which undoes which
    values         examples of values by name and type, and the code that makes them
    guessing       what all of this means for the harness
    undo_keys      by what an undo finds what it undoes
    endings        how the workflow says how its order ended
    python_text    Python as a formatter leaves it
    written_saga   the text of saga.py
    project        where it goes: files, pyproject.toml, the first scenario

Each guess is marked where it is written, and what cannot be guessed is a line with TODO in it.
"""

from sagacheck.init.project import (
    NotWritableError,
    Plan,
    begin,
    configure,
    place_of_operation,
    place_of_values,
    todos_in,
    write,
    write_scenario,
)
from sagacheck.init.written_saga import completed_in

__all__ = [
    "NotWritableError",
    "Plan",
    "begin",
    "completed_in",
    "configure",
    "place_of_operation",
    "place_of_values",
    "todos_in",
    "write",
    "write_scenario",
]
