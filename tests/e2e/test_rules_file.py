"""Rules as a file, as Odoo reads it: the files of tests/rules, which the sidecar reads as well.

`good` holds whole files that both take, `bad` files with one fault each that both refuse, and
`odoo` files that only Odoo can understand. A refused one begins with a piece of what is said.
"""

import pytest
import tomllib
from bed import place

FILES = place.REPO / "tests" / "rules"
SAYS = "# says: "


def files(*folders):
    found = [path for folder in folders for path in sorted((FILES / folder).glob("*.toml"))]
    assert found, f"no files in {folders}"
    return [pytest.param(path, id=f"{path.parent.name}/{path.stem}") for path in found]


@pytest.fixture(scope="module")
def rpc(odoo, service):
    """Calls to an Odoo that has what the files name."""
    rpc = odoo.rpc()
    for name in ("Archive", "Other"):
        service.connection(name)
    rpc("res.company", "create", {"name": "Werk Nord"})
    yield rpc


@pytest.fixture
def rules(rpc):
    """An Odoo without rules; looks them up."""
    everything = {"active_test": False}
    found = lambda: rpc("attache.rule", "search", [], context=everything)  # noqa: E731
    assert not found()
    yield found
    # A parent cannot go before its children.
    rpc("attache.rule", "write", found(), {"parent_id": False})
    rpc("attache.rule", "unlink", found())


def checked(rpc, text):
    """[(what, detail)] of a dry run."""
    wizard = rpc("attache.rule.import", "create", {"text": text})
    rpc("attache.rule.import", "action_check", [wizard])
    lines = rpc(
        "attache.rule.import.line", "search_read", [["import_id", "=", wizard]], ["what", "detail"]
    )
    return [(line["what"], line["detail"]) for line in lines]


EXAMPLE = pytest.param(place.REPO / "config" / "rules.toml", id="config/rules")


@pytest.mark.parametrize("path", [*files("good", "odoo"), EXAMPLE])
def test_b106_a_good_file_is_taken_and_comes_out_as_it_was_meant(odoo, rpc, rules, path):
    text = path.read_text()
    number = len(tomllib.loads(text)["rule"])
    said = checked(rpc, text)
    assert [what for what, _ in said] == ["new"] * number, said
    assert not rules()
    wizard = rpc("attache.rule.import", "create", {"text": text})
    rpc("attache.rule.import", "action_import", [wizard])
    assert len(rules()) == number
    told = odoo.browser().get(f"{odoo.url}/attache/rules.toml").text
    for same in (text, told):
        said = checked(rpc, same)
        assert [what for what, _ in said] == ["same"] * number, (said, same)


@pytest.mark.parametrize("path", files("bad"))
def test_b106_a_bad_file_is_refused_with_the_words_of_the_sidecar(rpc, rules, path):
    text = path.read_text()
    head = text.splitlines()[0]
    assert head.startswith(SAYS)
    [(what, detail)] = checked(rpc, text)
    assert what == "wrong"
    assert head.removeprefix(SAYS) in detail
    assert not rules()
