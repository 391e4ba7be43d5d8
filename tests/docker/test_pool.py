"""The connection pool as Postgres sees it: named, of the configured role, and no larger than configured."""

import threading
import time
import uuid
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

from harness.deployment import Deployment

SIZE, OVERFLOW = 5, 5  # topology.yaml


def test_each_instance_s_pool_has_its_name_and_keeps_to_its_size(deployment: Deployment) -> None:
    most: dict[str, int] = defaultdict(int)
    over = threading.Event()

    def sample() -> None:
        query = "SELECT application_name, count(*) FROM pg_stat_activity WHERE usename = 'agno' GROUP BY 1"
        while not over.is_set():
            for name, count in deployment.sql(query):
                most[name] = max(most[name], int(count))
            time.sleep(0.1)

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        with ThreadPoolExecutor(48) as users:
            answers = list(
                users.map(lambda _: deployment.run(f"pool-{uuid.uuid4().hex}", "hello"), range(240))
            )
    finally:
        over.set()
        sampler.join()
    assert {answer.status_code for answer in answers} == {200}

    instances = {f"agno-web/{answer.headers['X-Agno-Instance']}" for answer in answers}
    assert len(instances) == 3
    assert instances <= set(most)
    assert all(SIZE <= most[name] <= SIZE + OVERFLOW for name in instances), dict(most)
