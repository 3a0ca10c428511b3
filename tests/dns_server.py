"""A name server on this machine, for the resolver and the browser tests."""

import socket
import threading
from typing import Self

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class DnsServer:
    """`records`: {name: {type: [values]}}; SERVFAIL and SILENCE stand for how a server fails."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, list[str]]] = {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        # A question for nobody wakes the thread; a closed socket would not.
        self.records = {}
        host, port = self.address.split(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", (host, int(port)))
        self.thread.join(timeout=5)
        self.socket.close()

    def _serve(self) -> None:
        while True:
            question, asker = self.socket.recvfrom(4096)
            if not question:
                return
            if answer := self._answer(dns.message.from_wire(question)):
                self.socket.sendto(answer.to_wire(), asker)

    def _answer(self, asked: dns.message.Message) -> dns.message.Message | None:
        answer = dns.message.make_response(asked)
        answer.flags |= dns.flags.RA
        (question,) = asked.question
        kind = dns.rdatatype.to_text(question.rdtype)
        name = question.name.to_text(omit_final_dot=True).lower()
        while (known := self.records.get(name)) is not None:
            if "SILENCE" in known:
                return None
            if "SERVFAIL" in known:
                answer.set_rcode(dns.rcode.SERVFAIL)
                return answer
            found = "CNAME" if "CNAME" in known else kind
            if found in known:
                answer.answer.append(dns.rrset.from_text(f"{name}.", 0, "IN", found, *known[found]))
            if found != "CNAME":
                return answer
            name = known["CNAME"][0].rstrip(".").lower()
        answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer
