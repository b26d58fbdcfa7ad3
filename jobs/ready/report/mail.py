"""The workbook as a mail: the standard library's SMTP."""

from __future__ import annotations

import contextlib
import hashlib
import os
import smtplib
import ssl
import urllib.parse
from collections.abc import Sequence
from email import policy
from email.message import EmailMessage
from email.utils import formatdate, parseaddr

from jobmon.jobs.kit import Data, External, Rule

SERVER, SENDER = "SMTP_URL", "MAIL_FROM"
"""Variables of the environment: smtp://USER:PASSWORD@HOST:587 or smtps://..., and an address."""
TIMEOUT = 30.0
_EXCEL = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def check(to: Sequence[str]) -> None:
    """Whether a mail could be sent, before any work. Raises Data with what is missing."""
    server()
    for address in (*to, sender()):
        if "@" not in parseaddr(address)[1]:
            raise Data(f"{address!r} is no mail address: write NAME@HOST; the sender is ${SENDER}")


def server() -> urllib.parse.SplitResult:
    """Where mails go, as $SMTP_URL says. Raises Data."""
    with contextlib.suppress(ValueError):  # of a port that is none; it may be part of a password
        url = urllib.parse.urlsplit(os.environ.get(SERVER, ""))
        if url.scheme in {"smtp", "smtps"} and url.hostname and url.port != 0:
            return url
    raise Data(f"--mail needs ${SERVER}: smtp://USER:PASSWORD@HOST:587, or smtps://...")


def sender() -> str:
    """The address that mails are from: $MAIL_FROM, or the user of $SMTP_URL."""
    return os.environ.get(SENDER) or urllib.parse.unquote(server().username or "")


def send(to: Sequence[str], subject: str, text: str, path: str) -> None:
    """Send the file `path`. Raises External when the server may take it later, Rule when never."""
    message = compose(to, subject, text, path)
    url = server()
    try:
        with _connected(url) as client:
            if url.username:
                password = urllib.parse.unquote(url.password or "")
                client.login(urllib.parse.unquote(url.username), password)
            client.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise _failure(error, f"{path} is made, but {url.hostname} did not take the mail") from None


def compose(to: Sequence[str], subject: str, text: str, path: str) -> EmailMessage:
    """The mail. The same workbook to the same people has the same Message-ID."""
    with open(path, "rb") as file:
        body = file.read()
    message = EmailMessage(policy.SMTP)
    message["From"], message["To"], message["Subject"] = sender(), ", ".join(to), subject
    message["Date"] = formatdate(localtime=True)
    mark = hashlib.sha256("\n".join([*to, subject]).encode() + body).hexdigest()[:32]
    message["Message-ID"] = f"<{mark}@{parseaddr(sender())[1].rpartition('@')[2]}>"
    message.set_content(text)
    kind, exact = _EXCEL
    message.add_attachment(body, kind, exact, filename=os.path.basename(path))
    return message


def _connected(url: urllib.parse.SplitResult) -> smtplib.SMTP:
    assert url.hostname
    safe = ssl.create_default_context()
    if url.scheme == "smtps":
        return smtplib.SMTP_SSL(url.hostname, url.port or 465, timeout=TIMEOUT, context=safe)
    client = smtplib.SMTP(url.hostname, url.port or 25, timeout=TIMEOUT)
    client.ehlo()
    if client.has_extn("starttls"):
        # A relay in the office has a certificate of its own making; a password goes to no such.
        client.starttls(context=safe if url.username else None)
    elif url.password and url.hostname not in {"localhost", "127.0.0.1", "::1"}:
        client.close()
        raise smtplib.SMTPNotSupportedError("it offers no encryption for the password")
    return client


def _failure(error: Exception, what: str) -> Exception:
    codes = [getattr(error, "smtp_code", 0)]
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
    never = isinstance(error, smtplib.SMTPNotSupportedError) or min(codes) >= 500
    kind = Rule if never or isinstance(error, ssl.SSLCertVerificationError) else External
    return kind(f"{what}: {error}")
