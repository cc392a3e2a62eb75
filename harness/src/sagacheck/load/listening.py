"""Where Locust's events meet a workload: its options are added and checked, a session begins."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NoReturn

from locust import LoadTestShape, events
from locust.env import Environment
from locust.runners import WorkerRunner

from sagacheck.checks import Verdict
from sagacheck.config import ConfigError
from sagacheck.importing import NotImportableError
from sagacheck.load.command_line import add_options
from sagacheck.load.connection import environment_names_temporal
from sagacheck.load.load_generator import LoadGenerator
from sagacheck.load.options import Options, read_options
from sagacheck.load.results.console import say
from sagacheck.load.session import Session
from sagacheck.load.system.fault_mixes import read_mix
from sagacheck.load.system.processes import SystemStartError
from sagacheck.load.system.start_up import begin_start_up, end_start_up
from sagacheck.load.users.customer import Customer
from sagacheck.load.users.load_shapes import SHAPES, LoadProfile
from sagacheck.load.workload import Workload
from sagacheck.process_exit import exit_process

WRONG_USAGE = 2


def listen(workload: Workload) -> None:
    """Let Locust put this workload under load; to be called by a locustfile."""
    add = partial(add_options, task_queue=workload.task_queue)
    events.init_command_line_parser.add_listener(add)
    events.init.add_listener(partial(_begin, workload))
    begin_start_up(partial(_end_early, lambda: None))
    exit_codes: list[int] = []
    events.quit.add_listener(partial(_note_exit_code, exit_codes))
    # Registered first, it runs last: when Locust has waited for the workers that it has forked.
    atexit.register(_exit_at_once, exit_codes)


def saga_user(saga: str | None = None, **more: Any) -> type[Customer]:
    """Put a saga under load; the class of Locust's users, to be a name of the locustfile.

    All of a team's locustfile may be ``User = saga_user("shop.saga:SAGA")``.

    Args:
        saga: The saga under test as ``module:NAME``; by default the one that pyproject.toml names.
        more: What else a `Workload` says.
    """
    listen(Workload(saga=saga, **more))
    return Customer


class _Shape(LoadTestShape):
    """Locust's face of a load profile."""

    abstract = True  # or Locust would use it for every run, as soon as it is imported

    def __init__(self, profile: LoadProfile) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._profile = profile

    def tick(self) -> tuple[int, float] | None:
        """Users and spawn rate now; ``None`` at the end."""
        return self._profile.at(self.get_run_time())  # type: ignore[no-untyped-call]


def _note_exit_code(exit_codes: list[int], exit_code: int, **_: Any) -> None:
    exit_codes.append(exit_code)


def _exit_at_once(exit_codes: Sequence[int]) -> None:
    """Exit with the code that was decided. Locust's own `sys.exit` may crash or hang instead."""
    if exit_codes:
        exit_process(exit_codes[-1])


def _begin(workload: Workload, environment: Environment, **_: Any) -> None:
    """Check the options, and begin a session: in each process of a run."""
    parsed = environment.parsed_options
    assert parsed is not None, "Locust was started from its command line"
    generator = LoadGenerator(workload)
    if isinstance(environment.runner, WorkerRunner):
        events.test_start.add_listener(generator.prepare)
        end_start_up()
        return
    try:
        options = read_options(parsed, temporal_in_environment=environment_names_temporal())
        saga = generator.saga(options.saga)
        read_mix(options.faults, saga.operations)
    except (ValueError, ConfigError, NotImportableError) as error:
        _exit(WRONG_USAGE, str(error))
    if options.shape:
        _shape(environment, options)
    session = Session(
        environment, options, workload=workload, saga=saga, generator=generator, say=say
    )
    begin_start_up(partial(_end_early, session.stop))
    try:
        session.begin()
    except SystemStartError as error:
        _exit(Verdict.UNKNOWN.exit_code, str(error))
    except RuntimeError as error:
        _exit(Verdict.UNKNOWN.exit_code, f"Temporal is not answering: {error}")
    end_start_up()


def _shape(environment: Environment, options: Options) -> None:
    """Let the number of users follow a load shape."""
    parsed = environment.parsed_options
    assert parsed is not None, "it was checked that there is a command line"
    assert options.shape is not None, "it was asked for"
    profile = LoadProfile(
        SHAPES[options.shape], parsed.num_users or 1, parsed.spawn_rate or 1, parsed.run_time
    )
    environment.shape_class = _Shape(profile)
    environment.shape_class.runner = environment.runner


def _end_early(stop: Callable[[], None]) -> None:
    """End a run that a signal has interrupted before it began."""
    stop()
    _exit(Verdict.UNKNOWN.exit_code, "interrupted")


def _exit(code: int, message: str) -> NoReturn:
    """Exit as Locust does, which stops the workers that it has forked."""
    say(message)
    events.quit.fire(exit_code=code)
    sys.exit(code)
