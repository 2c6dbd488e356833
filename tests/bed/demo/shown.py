"""What a demo prints once it is in step: the tree, shortened, and the ways in."""

from .demo import Demo

MOST = 3  # entries shown of one folder


def tree(demo: Demo) -> None:
    """The store's tree; of crowded folders the first entries only."""
    files = demo.store.files()
    paths = sorted([*files, *demo.store.folders()])
    children: dict[str, list[str]] = {}
    for path in paths:
        children.setdefault(path.rpartition("/")[0], []).append(path)
    print(f"demo: the store holds {len(paths) - len(files)} folders and {len(files)} files")
    _branch(children, files, "", "  ")


def _branch(children: dict, files: dict, at: str, indent: str) -> None:
    here = children.get(at, [])
    # Full folders say more than empty ones.
    first = sorted(here, key=lambda path: (-_below(children, path), path))[:MOST]
    for path in sorted(first):
        name = path.rpartition("/")[2]
        if path in files:
            print(f"{indent}{name}  {files[path].size} bytes")
        else:
            print(f"{indent}{name}/")
            _branch(children, files, path, indent + "  ")
    if len(here) > MOST:
        print(f"{indent}… and {len(here) - MOST} more")


def _below(children: dict, path: str) -> int:
    return sum(1 + _below(children, child) for child in children.get(path, []))


def ways_in(demo: Demo) -> None:
    """Addresses and log-ins."""
    odoo, store, sidecar = (demo.endpoints[name] for name in ("odoo", "store", "sidecar"))
    logins = ", ".join(f"{login}/{word}" for login, word in odoo["logins"].items())
    print(f"demo: Odoo      {odoo['url']}  log in as {logins}")
    print(f"demo: store     {store['path']}")
    if "url" in store:
        print(f"demo:           {store['url']}  {store['user']} / {store['password']}")
    print(f"demo: sidecar   {sidecar['admin']}  token {sidecar['admin_token']}")
    print(f"demo: programs find all of it in {demo.home.endpoints}", flush=True)
