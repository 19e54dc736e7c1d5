"""All stages of all offices, one after the other or on a cluster of processes: only what is not there yet.

On a cluster the stages of an office follow each other, offices side by side; each task reads and writes the folder of
its office and gives back only its record, so that a worker that is lost costs the task that it was at.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from restructure._errors import DataError, UsageError
from restructure.national.stages import POLICY_FILE, STAGES, Record, fresh_records, note_error, run_stage
from restructure.optimise.rules import read_rules
from restructure.policy import load_policy

#: Above this a worker is started anew: the largest office needs a good part of it.
MEMORY = "4GB"
#: Looking into a task a hundred times a second costs a tenth of its time, and giving memory back after every array,
#: as workers otherwise do, a quarter.
_OF_WORKERS = {
    "distributed.worker.profile.enabled": False,
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
}
#: By office, by stage.
Records = dict[str, dict[str, Record]]
#: Takes office and stage that have just been done, and how many are done of how many.
Progress = Callable[[str, str, int, int], object]


def run_offices(
    root: Path,
    offices: list[str],
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    say: Callable[[str], object] = lambda _: None,
    progress: Progress | None = None,
) -> Records:
    """Do all stages of all offices that are not done yet, and return every record.

    Parameters
    ----------
    workers
        Processes on this machine, as many as it has cores where None; with 1, or where only one office is left, all is
        done in this process.
    scheduler
        The address of a Dask scheduler, ``tcp://…``, in place of processes of this machine; its workers see ``root``
        under the same path.
    say
        Told in Thai where the dashboard is.

    Raises
    ------
    DataError
        When the settings or rules for all offices do not hold what they should.
    UsageError
        When the scheduler does not answer.
    """
    root = root.resolve()
    load_policy(root / POLICY_FILE)
    read_rules(root)
    records, waiting = _what_is_left(root, offices)
    total = sum(map(len, waiting.values()))
    done = 0
    if total:
        # One office alone is done before a cluster would stand.
        serial = scheduler is None and (workers == 1 or len(waiting) == 1)
        made = _one_by_one(root, waiting) if serial else _on_cluster(root, waiting, workers, scheduler, say)
        for record in made:
            done += 1
            records[record["office"]][record["stage"]] = record
            if progress:
                progress(record["office"], record["stage"], done, total)
    return {office: {stage: records[office][stage] for stage in STAGES} for office in offices}


def _what_is_left(root: Path, offices: list[str]) -> tuple[Records, dict[str, list[str]]]:
    """Return the records that hold, and the stages that have none of each office that has such."""
    with ThreadPoolExecutor() as pool:  # digests, mostly, which leave the other cores free
        records = dict(zip(offices, pool.map(lambda office: fresh_records(root, office), offices), strict=True))
    left = {office: [stage for stage in STAGES if stage not in of] for office, of in records.items()}
    return records, {office: stages for office, stages in left.items() if stages}


def _one_by_one(root: Path, waiting: dict[str, list[str]]) -> Iterator[Record]:
    for office, stages in waiting.items():
        record = None
        for stage in stages:
            record = run_stage(root, office, stage, record)
            yield record


def _on_cluster(
    root: Path, waiting: dict[str, list[str]], workers: int | None, scheduler: str | None, say: Callable[[str], object]
) -> Iterator[Record]:
    from distributed import as_completed

    with _client(workers, scheduler, say) as client:
        # The same stage of another run of the same scheduler is another task.
        run = uuid.uuid4().hex
        tasks: dict[Any, tuple[str, str]] = {}
        ends: set[Any] = set()  # the last task of each office that is worked on
        left = iter(waiting.items())
        finished = as_completed(loop=client.loop)

        def begin(offices: int) -> None:
            """Hand over so many offices: as many as are worked on at a time, so that none is opened twice."""
            for office, stages in itertools.islice(left, offices):
                before = None
                for stage in stages:
                    before = client.submit(
                        run_stage, str(root), office, stage, before, key=f"{stage}-{office}-{run}", pure=False
                    )
                    tasks[before] = (office, stage)
                    finished.add(before)
                ends.add(before)

        begin(_places(client))
        for future in finished:
            office, stage = tasks.pop(future)
            if future in ends:
                ends.remove(future)
                begin(max(0, _places(client) - len(ends)))  # workers may have come or gone
            if future.status == "finished":
                yield future.result()
            else:  # a worker that is lost again and again takes this task for the reason
                error = DataError(
                    f"โปรเซสที่คำนวณสำนักงานนี้หยุดซ้ำหลายครั้ง ({type(future.exception()).__name__}): หน่วยความจำอาจไม่พอ "
                    "สั่งใหม่ด้วย --workers 1 หรือในเครื่องที่มีหน่วยความจำมากกว่า",
                    "The processes at work on this office stopped several times; there may be too little memory.",
                )
                yield note_error(root, {"office": office, "stage": stage}, error)


def _places(client: Any) -> int:
    """Return how many tasks the workers can do at a time; at least one, for those who are started anew."""
    threads: dict[str, int] = client.nthreads()
    return max(1, sum(threads.values()))


@contextmanager
def _client(workers: int | None, scheduler: str | None, say: Callable[[str], object]) -> Iterator[Any]:
    """Give a client of the scheduler at an address, else of processes that live as long as the client."""
    from dask import config
    from distributed import Client, LocalCluster
    from distributed.comm.core import connect

    async def knock(address: str) -> None:
        await (await connect(address, timeout=10)).close()

    if scheduler is not None:
        try:
            asyncio.run(knock(scheduler))  # a client that finds nobody leaves a traceback when it goes
            client = Client(scheduler, timeout="10s", set_as_default=False)
        except (OSError, ValueError, ImportError, TypeError) as error:
            raise UsageError(
                f"ติดต่อ scheduler ที่ {scheduler} ไม่ได้: ตรวจที่อยู่ เช่น tcp://10.0.0.5:8786 และว่ากำลังทำงานอยู่",
                f"The scheduler at {scheduler} does not answer; is it an address like tcp://10.0.0.5:8786?",
            ) from error
        with client:
            say(f"หน้าติดตามงานของ Dask: {client.dashboard_link}")
            yield client
        return
    with (
        config.set(_OF_WORKERS),
        LocalCluster(
            n_workers=workers or os.cpu_count() or 1,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            memory_limit=MEMORY,
            silence_logs=logging.CRITICAL,  # what a lost worker leaves is told by the records
            preload=["restructure.national.worker"],
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        say(f"หน้าติดตามงานของ Dask: {cluster.dashboard_link}")
        yield client
