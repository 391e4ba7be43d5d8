"""A browser without scripts: it keeps cookies, and sends a page's forms with what is in them."""

from dataclasses import dataclass
from html.parser import HTMLParser

from fastapi.testclient import TestClient
from httpx import Response


@dataclass
class Form:
    action: str
    values: dict[str, str]


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._select = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        if tag == "form" and values.get("method") == "post":
            self.forms.append(Form(values.get("action") or "", {}))
        if not self.forms:
            return
        name = values.get("name") or ""
        if (
            tag == "input"
            and name
            and ("checked" in values or values.get("type") not in ("radio", "checkbox"))
        ):
            self.forms[-1].values[name] = values.get("value") or ""
        if tag == "select":
            self._select = name
            self.forms[-1].values[name] = ""
        if tag == "option" and "selected" in values:
            self.forms[-1].values[self._select] = values.get("value") or ""


class Browser:
    def __init__(self, client: TestClient) -> None:
        self.client = client

    def sign_in(self, token: str) -> Response:
        return self.send("/sign-in", token=token)

    def get(self, path: str, **more) -> Response:
        return self.client.get(path, **more)

    def forms(self, path: str) -> list[Form]:
        parser = _Forms()
        parser.feed(self.get(path).text)
        return parser.forms

    def send(self, path: str, action: str | None = None, **values: str) -> Response:
        """Send the page's form of an action (default: the page's own), whose fields include the given ones' kind."""
        found = [form for form in self.forms(path) if (form.action or path) == (action or path)]
        if "kind" in values:
            found = [form for form in found if form.values.get("kind") == values["kind"]] or found
        assert found, f"{path} has no form for {action or path}"
        return self.client.post(action or path, data={**found[0].values, **values})
