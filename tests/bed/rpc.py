"""A small JSON-RPC client of Odoo, for tests that act as a person or look at the outcome."""

import requests


class RpcError(RuntimeError):
    """Odoo refused a call. `name` is the class of the exception in Odoo, say
    `odoo.exceptions.AccessError`; the message is what a person would read."""

    def __init__(self, name: str, message: str):
        super().__init__(f"{name}: {message}")
        self.name = name


class Rpc:
    """Calls of one user: `rpc("res.partner", "search_read", [], fields=["name"])`."""

    def __init__(self, url: str, database: str, login: str, password: str):
        self.url, self.database, self.login, self.password = url, database, login, password
        self._session = requests.Session()
        self.uid = self._call("common", "login", database, login, password)
        if not self.uid:
            raise RpcError("odoo.exceptions.AccessDenied", f"{login} cannot log in to {database}")

    def __call__(self, model: str, method: str, *args, **kwargs):
        return self._call(
            "object", "execute_kw",
            self.database, self.uid, self.password, model, method, list(args), kwargs,
        )  # fmt: skip

    def one(self, model: str, domain: list, *fields: str) -> dict:
        """The single record that the domain finds; LookupError for none or several."""
        found = self(model, "search_read", domain, fields=list(fields) or ["display_name"], limit=2)
        if len(found) != 1:
            raise LookupError(f"{model} {domain}: {len(found)} records, wanted one")
        return found[0]

    def _call(self, service: str, method: str, *args):
        answer = self._session.post(
            f"{self.url}/jsonrpc",
            json={
                "jsonrpc": "2.0",
                "method": "call",
                "id": 1,
                "params": {"service": service, "method": method, "args": args},
            },
            timeout=120,
        )
        answer.raise_for_status()
        body = answer.json()
        if "error" in body:
            data = body["error"].get("data", {})
            raise RpcError(data.get("name", "unknown"), data.get("message", str(body["error"])))
        return body.get("result")
