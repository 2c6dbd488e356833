"""What a demo prints once it is in step: the tree, shortened, and the ways in."""

from .demo import Demo

# Entries shown of one folder, by how deep it lies.
MOST = [9, 2, 3, 2]


def tree(demo: Demo) -> None:
    """The store's tree; of crowded folders some entries only."""
    files = demo.store.files()
    paths = sorted([*files, *demo.store.folders()])
    children: dict[str, list[str]] = {}
    for path in paths:
        children.setdefault(path.rpartition("/")[0], []).append(path)
    print(f"demo: the store holds {len(paths) - len(files)} folders and {len(files)} files")
    _branch(children, files, "", 0)


def _branch(children: dict, files: dict, at: str, depth: int) -> None:
    here, indent = children.get(at, []), "  " * (depth + 1)
    most = MOST[min(depth, len(MOST) - 1)]
    # Full folders say more than empty ones.
    first = sorted(here, key=lambda path: (-_below(children, path), path))[:most]
    for path in sorted(first):
        name = path.rpartition("/")[2]
        if path in files:
            print(f"{indent}{name}  {files[path].size} bytes")
        else:
            print(f"{indent}{name}/")
            _branch(children, files, path, depth + 1)
    if len(here) > most:
        print(f"{indent}… and {len(here) - most} more")


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
