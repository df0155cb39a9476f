"""A browser without a screen: it keeps cookies, sends the forms of the page it is on, and follows where it is sent."""

import re
from dataclasses import dataclass, field
from html import unescape
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from tests.schedulers.site import Answer, Site


@dataclass(slots=True)
class Visitor:
    """`page`: what it looks at; `token`: of the last form it saw; `headers`: what it says besides, with _ for -."""

    site: Site
    page: str = ""
    token: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Answer:
        """Look at a page."""
        return self._seen(self.site.get(path, **self._said()))

    def post(self, path: str, **fields: str) -> Answer:
        """Send a form with its token; a field that is given replaces the form's."""
        form = {"token": self.token, "back": "/"} | fields
        its = {"Content_Type": "application/x-www-form-urlencoded"} | self._said()
        return self._kept(self.site.post(path, urlencode(form), **its))

    def do(self, path: str, **fields: str) -> str:
        """Send a form, follow to the next page, and return the line that says what was done."""
        if not self.token:
            self.get("/")
        answer = self.post(path, **fields)
        assert answer.status == 303, answer
        assert self.get(answer.headers["location"]).status == 200
        (note,) = re.findall(r'<p class="note \w+" role="status">(.*?)</p>', self.page)
        return unescape(note)

    @property
    def words(self) -> str:
        """What the page says, without its markup."""
        body = self.page.partition("<h1>")[2]
        return unescape(" ".join(re.sub(r"<[^>]*>", " ", body).split()))

    def _said(self) -> dict[str, str]:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Accept": "text/html,*/*", "Cookie": cookie} | self.headers

    def _seen(self, answer: Answer) -> Answer:
        self.page = answer.body
        self.token = next(iter(re.findall(r'name="token" value="(\w+)"', self.page)), self.token)
        return self._kept(answer)

    def _kept(self, answer: Answer) -> Answer:
        for name, morsel in SimpleCookie(answer.headers.get("set-cookie", "")).items():
            self.cookies[name] = morsel.value
        return answer
