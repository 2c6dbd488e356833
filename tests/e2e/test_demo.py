"""The demo: set up from nothing, in step, and left alone by the next run."""

import pytest
from bed import process
from bed.demo import documents
from bed.demo.demo import Demo
from bed.demo.home import Busy, Home


@pytest.fixture
def home(monkeypatch):
    with process.scratch("demo") as folder:
        monkeypatch.setenv("ATTACHE_DEMO", str(folder))
        with Home("folder") as home:
            yield home


def operations(demo: Demo) -> set[str]:
    return {row["id"] for row in demo.api("operations", limit=1000)}


def test_b1_b7_b57_b102_the_presets_trees_fill_and_a_second_run_changes_nothing(home):
    with Demo(home) as demo:
        first = demo.first_sync()
        files, done = demo.store.files(), operations(demo)
        azure = "Customers/Azure Interior"
        tasks = f"{azure}/Projects/Renovations/Tasks/"
        assert any(path.startswith(tasks) for path in files)
        assert any(path.startswith(f"{azure}/Orders/S000") for path in files)
        assert any(path.startswith("Sales Teams/Sales/Leads/") for path in files)
        assert any(path.startswith("Departments/") and "/Employees/" in path for path in files)
        with pytest.raises(Busy), Home("folder"):
            pass
    with Demo(home) as demo:
        second = demo.first_sync()
        assert demo.store.files() == files, "inode and time of each file"
        assert operations(demo) == done
        heard = demo.api.metric("attache_news_heard")
        partner = demo.rpc.one("res.partner", [("name", "=", "Azure Interior")])["id"]
        news = documents.attachment("res.partner", partner, "News.txt", b"news")
        demo.rpc("ir.attachment", "create", [news])
        came = lambda: demo.store.read(f"{azure}/News.txt") == b"news"  # noqa: E731
        process.until(came, 60, "the news in the store")
        process.until(lambda: demo.api.metric("attache_news_heard") > heard, 60, "it was heard")
    assert first.split(" seconds=")[0] == second.split(" seconds=")[0]
