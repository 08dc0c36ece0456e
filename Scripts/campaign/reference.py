"""A plain reference of PRODUCT.md's rules for people, sessions, requests and batches.

It knows nothing of the program: no table, no code, only what the contract says, as slow and as
direct as a person would reckon it with a pencil. Every method is one command; it changes the
reference and returns what the program must answer. Only the system spm is played.
"""
from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace as Expected

from desk import AUTHORITY, CHIEF, EY, MOHW, CDC, HPA

MINUTE, HOUR, DAY = 60, 3600, 86400
SUPERIOR = {EY: None, AUTHORITY: EY, MOHW: EY, CDC: MOHW, HPA: MOHW}
STATUS = {"": 0, "code.wrong": 1, "code.expired": 1, "request.duplicate": 1, "request.decided": 1,
          "request.own": 1, "permission.held": 1, "permission.none": 1, "account.taken": 1,
          "account.last": 1, "account.unknown": 67, "request.unknown": 67, "batch.unknown": 67,
          "reference.unknown": 67, "batch.rejected": 65, "send.throttled": 75, "code.locked": 75,
          "clock.leap": 75, "code.second": 77, "session.none": 77, "session.expired": 77,
          "right.missing": 77, "request.outside": 77, "session.step-up": 77,
          "account.suspended": 77, "account.state": 1, "request.changed": 1, "usage.input": 64,
          "?": None}


@dataclass
class Account:
    id: int
    agency: str
    name: str
    email: str
    mobile: str
    status: str = "active"
    unproven: bool = False
    since: int = 0

    def shares(self, other):
        """The same person, as far as contacts tell."""
        return self is other or (self.email is not None and
                                 (self.email == other.email or self.mobile == other.mobile))


@dataclass
class Request:
    id: int
    account: Account
    role: str
    at: int
    kind: str = "grant"
    status: str = "pending"
    origin: str = "self"
    submitter: Account = None
    batch: int = None
    turned: int = None
    told: int = None
    until: int = None
    round: int = 1
    decider: Account = None
    granted: int = None
    ended: int = None
    change: tuple = None
    reminded: set = field(default_factory=set)
    warned: int = 99
    replaces: int = None
    # To whom it was told, and when the holder heard that nothing comes of it.
    heard: set = field(default_factory=set)
    off: int = None

    @property
    def open(self):
        return self.status in ("pending", "returned")


@dataclass
class Session:
    account: Account
    proven: set
    at: int
    used: int
    end: str = None


@dataclass
class Verification:
    purpose: str
    agency: str
    name: str
    email: str
    mobile: str
    via: str
    at: int
    account: Account = None
    session: Session = None
    caller_session: str = None
    state: str = "open"
    sent: dict = field(default_factory=dict)
    proven: set = field(default_factory=set)

    @property
    def wanted(self):
        return ["email", "sms"] if self.via == "both" else [self.via]


class Reference:
    def __init__(self, now):
        self.now = now
        self.accounts, self.requests, self.sessions = [], {}, {}
        self.verifications, self.batches = {}, {}
        self.sends, self.wrong, self.mails = [], {}, Counter()
        self.lastRequest = 0
        # What time has ended, which the program writes down when it comes across it.
        self.passed, self.owing = set(), []
        # What init does.
        chief = self.invite(AUTHORITY, *CHIEF)
        self.new_request(chief, "admin", origin="appointment").status = "approved"
        self.requests[1].granted = now

    # Answers

    def answer(self, code="", **fields):
        return Expected(code=code, status=STATUS[code], fields=fields, lines=None)

    def mail(self, kind, account, address=None):
        to = address or (account.email if account else None)
        if to:
            self.mails[(kind, to)] += 1

    def notify(self, account, address=None):
        """A holder hears of it at the old address, and at a new one that waits for a decision."""
        self.mail("notice", account, address)
        for q in self.requests.values():
            if q.account is account and q.open and q.kind == "change" \
                    and q.change[1] != (address or account.email):
                self.mail("notice", account, q.change[1])

    def code_to(self, channel, v):
        self.mails[("code", v.email if channel == "email" else "sms:" + v.mobile)] += 1
        v.sent[channel] = self.now

    # Who is who

    def invite(self, agency, name, email, mobile):
        account = Account(len(self.accounts) + 1, agency, name, email, mobile, "invited",
                          since=self.now)
        self.accounts.append(account)
        return account

    def new_request(self, account, role, **more):
        self.lastRequest += 1
        request = Request(self.lastRequest, account, role, self.now, **more)
        self.requests[request.id] = request
        return request

    def living(self, agency):
        return [a for a in self.accounts if a.agency == agency and a.status != "closed"]

    def holds(self, account, role=None):
        return [q for q in self.requests.values() if q.account is account and self.active(q)
                and role in (None, q.role)]

    def active(self, q):
        return (q.kind == "grant" and q.granted is not None and q.ended is None
                and (q.until is None or self.now < q.until))

    def rests(self, account):
        """Whether a replacement of contacts waits for its decision."""
        return any(q.account is account and q.open and q.kind == "change"
                   for q in self.requests.values())

    def is_admin(self, account, agency=None):
        return (account.status == "active" and not account.unproven and not self.rests(account)
                and agency in (None, account.agency) and bool(self.holds(account, "admin")))

    def admins(self, agency):
        return [a for a in self.accounts if self.is_admin(a, agency)]

    def own(self, account, q):
        return account.shares(q.account) or (
            q.submitter is not None and account.shares(q.submitter))

    def deciding_agency(self, q):
        return AUTHORITY if q.role == "admin" else q.account.agency

    def reviewers(self, q):
        return [a for a in self.admins(self.deciding_agency(q)) if not self.own(a, q)]

    def sees(self, account, q):
        return (self.own(account, q) or self.is_admin(account, AUTHORITY)
                or self.is_admin(account, q.account.agency))

    # Sessions

    def session(self, name):
        """The live session of a name, or the refusal."""
        s = self.sessions.get(name)
        if s is None or s.end == "signed-out":
            return None, "session.none"
        if s.end or self.now - s.used >= 30 * MINUTE or self.now - s.at >= 8 * HOUR:
            return None, "session.expired"
        if self.now - s.used >= MINUTE:
            s.used = self.now
        return s, ""

    def end_sessions(self, account, but=None):
        for s in self.sessions.values():
            if s.account is account and s is not but and s.end is None:
                s.end = "account"
        for v in self.verifications.values():
            if v.account is account and v.state == "open":
                v.state = "void"

    # Time

    def owe(self, account):
        """A notice that comes with whichever command comes across what time has ended."""
        if account.email:
            self.owing.append((("notice", account.email), account))

    @property
    def owed(self):
        return Counter(mail for mail, _ in self.owing)

    def paid(self, came):
        for mail in came.elements():
            self.owing.remove(next(entry for entry in self.owing if entry[0] == mail))

    def sweep(self):
        """What ends by itself."""
        for q in list(self.requests.values()):
            if q.status == "pending" and self.now - (q.turned or q.at) > 180 * DAY:
                self.lapse(q)
            elif q.status == "pending" and q.until and self.now >= q.until:
                self.lapse(q)
            elif q.granted and q.ended is None and q.until and self.now >= q.until:
                q.ended = q.until
                self.passed.add(("request", q.id))
                if q.account.status in ("active", "suspended"):
                    self.owe(q.account)
            elif q.status == "returned" and self.now - q.turned > 30 * DAY:
                self.lapse(q)
        for a in self.accounts:
            if a.status == "invited":
                given = [q.granted for q in self.requests.values() if q.account is a and q.granted]
                if given and self.now - max(given) > 30 * DAY:
                    self.passed |= {("account", a.id)} | {("request", q.id) for q in
                                    self.requests.values() if q.account is a}
                    for q in self.requests.values():
                        if q.account is a and self.active(q) and q.submitter:
                            self.owe(q.submitter)
                    self.close(a, erase=True)

    def is_over(self, q):
        """Whether all of its batch is decided."""
        return q.batch is not None and not any(
            o.open for o in self.requests.values() if o.batch == q.batch)

    def lapse(self, q):
        isSubmitters = (q.status == "returned" and q.batch and q.submitter
                        and q.submitter is not q.account)
        q.status = "lapsed"
        # Of the last one the end of the batch is told.
        if isSubmitters and not self.is_over(q):
            self.owe(q.submitter)
        self.passed |= {("request", q.id), ("account", q.account.id)}
        if q.account.status != "invited":
            self.owe(q.account)
        self.called_off(q, None, self.owe)
        if self.is_over(q) and q.submitter:
            self.owe(q.submitter)
        self.after_refusal(q)

    def after_refusal(self, q):
        a = q.account
        if a.status == "invited" and not any(
                o.account is a and (o.open or self.active(o)) for o in self.requests.values()):
            self.close(a, erase=True)

    def close(self, a, erase=False):
        for q in self.requests.values():
            if q.account is a and self.active(q):
                q.ended = self.now
            if q.account is a and q.open:
                q.status = "lapsed"
                self.called_off(q, None, lambda holder: self.mail("notice", holder))
                if self.is_over(q) and q.submitter and q.submitter is not a:
                    self.mail("notice", q.submitter)
        a.status = "closed"
        self.end_sessions(a)
        if erase:
            self.owing = [entry for entry in self.owing if entry[1] is not a]
            a.name = a.email = a.mobile = None

    # Codes

    def throttled(self, purpose, addresses):
        for address in addresses:
            times = [t for p, to, t in self.sends if p == purpose and to == address]
            if any(self.now - t < MINUTE for t in times) or \
                    sum(self.now - t < 10 * MINUTE for t in times) >= 5 or \
                    sum(self.now - t < DAY for t in times) >= 20:
                return True
        self.sends += [(purpose, address, self.now) for address in addresses]
        return False

    def addresses(self, v, channels):
        return [(v.agency, v.email) if c == "email" else (v.agency, v.mobile) for c in channels]

    def locked(self, v):
        return any(self.wrong.get(key, (0, 0))[1] > self.now for key in self.keys(v))

    def keys(self, v):
        return [(v.agency, v.email), (v.agency, v.mobile)]

    def apply(self, label, agency, name, email, mobile):
        v = Verification("application", agency, name, email, mobile, "both", self.now)
        if self.throttled("application", [email, mobile]):
            return self.answer("send.throttled")
        self.verifications[label] = v
        for channel in v.wanted:
            self.code_to(channel, v)
        return self.answer(application=None, expires_at=self.now + DAY)

    def sign_in(self, label, session, agency, name, email, mobile, via):
        self.sweep()
        self.session(session)
        v = Verification("sign-in", agency, name, email, mobile, via, self.now,
                         caller_session=session)
        addresses = [email if c == "email" else mobile for c in v.wanted]
        if self.throttled("sign-in", addresses):
            return self.answer("send.throttled")
        self.verifications[label] = v
        v.account = next((a for a in self.living(agency)
                          if (a.name, a.email, a.mobile) == (name, email, mobile)), None)
        if v.account:
            for channel in v.wanted:
                self.code_to(channel, v)
        else:
            v.sent = {c: self.now for c in v.wanted}
        return self.answer(signin=None, via=via)

    def must_prove_both(self, account):
        return account.status == "invited" or account.unproven

    def step_up(self, label, session):
        s, refusal = self.session(session)
        if refusal:
            return self.answer(refusal)
        missing = [c for c in ("email", "sms") if c not in s.proven]
        if not missing:
            return self.answer("", step_up=False)
        a = s.account
        if self.throttled("step-up", [a.email if c == "email" else a.mobile for c in missing]):
            return self.answer("send.throttled")
        v = Verification("step-up", a.agency, a.name, a.email, a.mobile, missing[0], self.now,
                         account=a, session=s)
        self.verifications[label] = v
        self.code_to(missing[0], v)
        return self.answer(signin=None, via=missing[0])

    def resend(self, label):
        v = self.verifications.get(label)
        if not v:
            return self.answer("reference.unknown")
        if v.state != "open" or self.over(v):
            return self.answer("code.expired")
        channels = [c for c in v.sent if c not in v.proven] or v.wanted
        if self.throttled(v.purpose, [v.email if c == "email" else v.mobile for c in channels]):
            return self.answer("send.throttled")
        for channel in channels:
            if v.account or v.purpose == "application":
                self.code_to(channel, v)
            else:
                v.sent[channel] = self.now
        return self.answer()

    def over(self, v):
        return self.now - v.at > DAY

    def enter(self, label, session, isRight):
        """Both codes of an application, or those of a sign-in; all must be right."""
        self.session(session)
        v = self.verifications.get(label)
        if not v:
            return self.answer("reference.unknown")
        if v.state != "open" or self.over(v):
            return self.answer("code.expired")
        if v.purpose == "step-up" and self.session(session)[1]:
            return self.answer(self.session(session)[1])
        if self.locked(v):
            return self.answer("code.locked")
        waiting = [c for c in v.sent if c not in v.proven]
        if any(self.now - v.sent[c] > 10 * MINUTE for c in waiting):
            return self.answer("code.expired")
        if not isRight:
            return self.wrong_code(v)
        if v.purpose == "application":
            self.forgive(v)
            return self.prove_application(v, session)
        v.proven |= set(waiting)
        if v.purpose == "step-up":
            self.forgive(v)
            v.state = "proven"
            v.session.proven |= v.proven
            return self.signed_in(v.session, session)
        a = v.account
        if self.must_prove_both(a) and v.proven != {"email", "sms"}:
            other = "sms" if "email" in v.proven else "email"
            if self.throttled("sign-in", [a.email if other == "email" else a.mobile]):
                return self.answer("send.throttled")
            self.code_to(other, v)
            return self.answer("code.second")
        self.forgive(v)
        v.state = "proven"
        if a.status == "suspended":
            return self.answer("account.suspended")
        a.status, a.unproven = "active", False
        return self.begin(a, session, v.proven)

    def forgive(self, v):
        """What a success does; the first of two codes is none."""
        for key in self.keys(v):
            self.wrong.pop(key, None)

    def wrong_code(self, v):
        account = v.account or next((a for a in self.living(v.agency) if a.email == v.email
                                     or a.mobile == v.mobile), None)
        isFifth = False
        for key in self.keys(v):
            count, until = self.wrong.get(key, (0, 0))
            if until and until <= self.now:
                count = 0
            count += 1
            isFifth = isFifth or count == 5
            self.wrong[key] = (count, self.now + 15 * MINUTE if count >= 5 else 0)
        if isFifth and account:
            self.notify(account)
        return self.answer("code.wrong")

    def prove_application(self, v, session):
        v.state = "proven"
        same = [a for a in self.living(v.agency) if a.email == v.email or a.mobile == v.mobile]
        if not same:
            a = Account(len(self.accounts) + 1, v.agency, v.name, v.email, v.mobile, "active",
                        since=self.now)
            self.accounts.append(a)
            return self.begin(a, session, {"email", "sms"})
        a = same[0]
        both = a.email == v.email and a.mobile == v.mobile
        if len(same) > 1 or not (a.name == v.name or both):
            return self.answer("account.taken")
        if a.status == "suspended":
            return self.answer("account.suspended")
        new = (v.name, v.email, v.mobile)
        if (a.name, a.email, a.mobile) != new:
            if self.holds(a, "admin"):
                return self.replacement(a, new, session)
            self.mail("notice", a)
            if a.email != v.email:
                self.mail("notice", a, v.email)
            if a.mobile != v.mobile:
                self.mail("notice", a, "sms:" + a.mobile)
            self.end_sessions(a)
            a.name, a.email, a.mobile = new
        a.status, a.unproven = "active", False
        return self.begin(a, session, {"email", "sms"})

    def replacement(self, a, new, session):
        """An administrator's new contacts wait for a reviewer, and the permission rests.

        Until then only what is on file counts as proven, of an invited administrator too.
        """
        if self.is_last(a):
            return self.answer("account.last")
        for q in self.requests.values():
            if q.account is a and q.open and q.kind == "change":
                q.status = "withdrawn"
        q = self.new_request(a, "admin", kind="change")
        q.change = new
        self.tell_reviewers(q)
        self.end_sessions(a)
        # Of what is on file nobody has proven both yet.
        a.unproven = a.unproven or a.status == "invited"
        a.status = "active"
        _, email, mobile = new
        return self.begin(a, session, {c for c, same in (
            ("email", email == a.email), ("sms", mobile == a.mobile)) if same})

    def begin(self, account, session, proven):
        s = Session(account, set(proven), self.now, self.now)
        self.sessions[session] = s
        return self.signed_in(s, session)

    def signed_in(self, s, name):
        return self.answer(account=s.account.id, name=s.account.name, status=s.account.status,
                           session=name, proven=sorted(s.proven))

    def status(self, session):
        s, refusal = self.session(session)
        return self.answer(refusal) if refusal else self.signed_in(s, session)

    def sign_out(self, session):
        s, refusal = self.session(session)
        old = self.sessions.get(session)
        if old and old.end != "signed-out":
            old.end = "signed-out"
            return self.answer(signed_out=True)
        return self.answer(refusal)

    # Requests

    def request(self, session, role, until=None, replaces=None):
        self.sweep()
        s, refusal = self.session(session)
        if refusal:
            return self.answer(refusal)
        a = s.account
        mine = [q for q in self.requests.values() if q.account is a]
        if self.holds(a, "admin") or self.holds(a, role):
            return self.answer("permission.held")
        if any(q.open and q.role == role for q in mine):
            return self.answer("request.duplicate")
        if replaces:
            old = self.requests[replaces]
            if not self.active(old) or old.role != "admin" or old.account is a \
                    or old.account.agency != a.agency or old.account.status != "active":
                return self.answer("?")
        q = self.new_request(a, role, until=until, replaces=replaces)
        told = self.reviewers(q)
        self.tell_reviewers(q)
        # Whose permission is taken over is told, in one mail if they may decide as well.
        if replaces and old.account not in told:
            self.mail("notice", old.account)
            q.heard.add(old.account.id)
        return self.answer(request=q.id, role=role, kind="grant", status="pending",
                           reviewed_by="authority" if role == "admin" else "agency",
                           reviewers=sorted(r.name for r in self.reviewers(q)))

    def tell_reviewers(self, q):
        """Of what was withdrawn and is made again they hear once a day."""
        if any(o.account is q.account and (o.role, o.kind) == (q.role, q.kind)
               and o.status == "withdrawn" and o.told is not None and self.now - o.told < DAY
               for o in self.requests.values()):
            return
        for reviewer in self.reviewers(q):
            q.told = self.now
            q.heard.add(reviewer.id)
            self.mail("notice", reviewer)

    def called_off(self, q, actor, tell):
        """Whoever heard that their permission is to be taken over hears that it is theirs still; of
        what is withdrawn again and again, once a day."""
        old = self.requests.get(q.replaces)
        if not old or not self.active(old) or old.account is actor \
                or old.account.id not in q.heard or old.account.status == "invited":
            return
        if q.status == "withdrawn" and any(
                o.account is q.account and o.replaces == q.replaces and o.off is not None
                and self.now - o.off < DAY for o in self.requests.values()):
            return
        q.off = self.now if q.status == "withdrawn" else None
        tell(old.account)

    def withdraw(self, session, number):
        self.sweep()
        s, refusal = self.session(session)
        if refusal:
            return self.answer(refusal)
        q = self.requests.get(number)
        if not q or not self.sees(s.account, q):
            return self.answer("request.unknown")
        if (q.account is not s.account or q.kind == "revoke") and q.submitter is not s.account:
            return self.answer("request.outside")
        if not q.open:
            return self.answer("request.decided")
        q.status = "withdrawn"
        self.called_off(q, s.account, lambda holder: self.mail("notice", holder))
        # Whoever submitted the row hears that it is gone, or that all of the batch is decided.
        if q.batch is not None and q.submitter and q.submitter is not s.account:
            self.mail("notice", q.submitter)
        return self.answer(request=number, status="withdrawn")

    def resubmit(self, session, number):
        self.sweep()
        s, refusal = self.session(session)
        if refusal:
            return self.answer(refusal)
        q = self.requests.get(number)
        if not q or not self.sees(s.account, q):
            return self.answer("request.unknown")
        if (q.submitter if q.batch else q.account) is not s.account:
            return self.answer("request.outside")
        if q.batch and not self.is_admin(s.account):
            return self.answer("right.missing")
        if q.status != "returned":
            return self.answer("request.duplicate" if q.open else "request.decided")
        q.status, q.turned, q.round = "pending", self.now, q.round + 1
        q.reminded = set()
        for reviewer in self.reviewers(q):
            q.told = self.now
            self.mail("notice", reviewer)
        return self.answer(request=number, status="pending")

    def decide(self, session, numbers, verdict):
        """approve, reject, reject --return."""
        self.sweep()
        s, refusal = self.session(session)
        if refusal:
            return self.answer(refusal)
        first, lines = "", []
        for number in numbers:
            code = self.decision(s, number, verdict)
            first = first or code
            lines.append({"request": number, "outcome": code or
                          ("returned" if verdict == "returned" else "decided")})
        answer = self.answer(first)
        answer.lines = lines
        return answer

    def decision(self, s, number, verdict):
        me, q = s.account, self.requests.get(number)
        if not q or not self.sees(me, q):
            return "request.unknown"
        if not self.is_admin(me):
            return "right.missing"
        if me not in self.admins(self.deciding_agency(q)):
            return "request.outside"
        if self.own(me, q):
            return "request.own"
        if q.status != "pending":
            return "request.decided"
        if s.proven != {"email", "sms"}:
            return "session.step-up"
        old = self.requests.get(q.replaces)
        if verdict == "approved" and old and self.active(old) and self.is_last(old.account, old) \
                and (q.until or self.rests(q.account)):
            return "account.last"
        q.status, q.decider = verdict, me
        if verdict == "returned":
            q.turned = self.now
        wasInvited = q.account.status == "invited"
        if verdict == "approved":
            self.grant(q, me)
        self.tell(q, me, verdict, wasInvited)
        if verdict == "rejected":
            self.called_off(q, me, lambda holder: self.mail("notice", holder))
            self.after_refusal(q)
        return ""

    def grant(self, q, me):
        a = q.account
        if q.kind == "revoke":
            for other in self.holds(a, "admin"):
                other.ended = self.now
            return
        if q.kind == "change":
            old = a.email
            self.end_sessions(a)
            a.name, a.email, a.mobile = q.change
            # They have asked for them with both codes.
            a.unproven = False
            if old != a.email:
                self.mail("notice", a, old)
            return
        q.granted = self.now
        if q.replaces:
            old = self.requests[q.replaces]
            if self.active(old):
                old.ended = self.now
                if old.account is not me:
                    self.notify(old.account)
                self.overtake(old, me)
        if q.role == "admin":
            for other in self.requests.values():
                if other.account is a and other.open and other.role == "general":
                    self.supersede(other)
            if a.agency == AUTHORITY:
                for admin in self.admins(AUTHORITY):
                    if admin not in (me, a):
                        self.mail("notice", admin)

    def supersede(self, q):
        """What another grant has made pointless."""
        q.status = "superseded"
        if q.account.status != "invited":
            self.mail("notice", q.account)

    def overtake(self, ended, me):
        """A permission has ended that somebody had asked to take away."""
        for q in self.requests.values():
            if q.kind == "revoke" and q.open and q.account is ended.account and q.role == ended.role:
                q.status = "superseded"
                if self.is_over(q) and q.submitter and q.submitter is not me:
                    self.mail("notice", q.submitter)

    def tell(self, q, me, verdict, wasInvited):
        if q.submitter and q.batch and (verdict == "returned" or self.is_over(q)):
            self.mail("notice", q.submitter)
        if wasInvited:
            if verdict == "approved":
                self.mail("invitation", q.account)
        elif q.kind == "revoke":
            # Whose permission stays has asked for nothing.
            if verdict == "approved":
                self.mail("notice", q.account)
        elif not (verdict == "returned" and q.origin == "batch"):
            self.mail("decision", q.account)

    def revoke(self, session, number):
        self.sweep()
        s, _ = self.session(session) if session else (None, "")
        q = self.requests.get(number)
        if not q:
            return self.answer("request.unknown")
        # Whoever owns the database is the operator, signed in or not.
        if not self.active(q):
            return self.answer("permission.none")
        if self.is_last(q.account, q):
            return self.answer("account.last")
        invited = q.account.status == "invited"
        q.ended = self.now
        if not (s and s.account is q.account) and not invited:
            self.notify(q.account)
        self.overtake(q, s and s.account)
        if invited:
            self.after_refusal(q)
            if q.submitter and not (s and s.account is q.submitter):
                self.mail("notice", q.submitter)
        return self.answer(request=number, permission="revoked")

    def is_last(self, account, request=None):
        """Whether nobody would administer the authority without it."""
        if account.agency != AUTHORITY or account.status != "active" \
                or not self.holds(account, "admin") or (request and request.role != "admin"):
            return False
        return not any(a is not account and a.status == "active" and not self.rests(a)
                       and any(q.until is None for q in self.holds(a, "admin"))
                       for a in self.accounts if a.agency == AUTHORITY)

    def decide_batch(self, session, number, verdict):
        """approve --batch: what is still pending of it."""
        self.sweep()
        s, refusal = self.session(session)
        if refusal:
            return self.answer(refusal)
        mine = [q.id for q in self.requests.values() if q.batch == number]
        # Whoever stands in it sees their own request, and not the batch.
        if not any(q.submitter is s.account or self.is_admin(s.account, AUTHORITY)
                   or self.is_admin(s.account, q.account.agency)
                   for q in map(self.requests.get, mine)):
            return self.answer("batch.unknown")
        if not self.is_admin(s.account):
            return self.answer("right.missing")
        return self.decide(session, [n for n in mine if self.requests[n].status == "pending"],
                           verdict)

    # Accounts, by the operator

    def appoint(self, name, email, mobile):
        """A further administrator of the authority; all of them are told."""
        self.sweep()
        same = [a for a in self.living(AUTHORITY) if a.email == email or a.mobile == mobile]
        if any((a.name, a.email, a.mobile) != (name, email, mobile) for a in same):
            return self.answer("?")
        a = same[0] if same else None
        if a and a.status == "suspended":
            return self.answer("account.suspended")
        if a and self.holds(a, "admin"):
            return self.answer("permission.held")
        if a and any(q.account is a and q.open and q.role == "admin"
                     for q in self.requests.values()):
            return self.answer("request.duplicate")
        told = self.admins(AUTHORITY)
        a = a or self.invite(AUTHORITY, name, email, mobile)
        q = self.new_request(a, "admin", origin="appointment", status="approved")
        q.granted = self.now
        for other in self.requests.values():
            if other.account is a and other.open and other.role == "general":
                self.supersede(other)
        self.mail("invitation" if a.status == "invited" else "decision", a)
        for admin in told:
            if admin is not a:
                self.mail("notice", admin)
        return self.answer(request=q.id, role="admin", status="approved", name=name)

    def account(self, verb, number):
        self.sweep()
        a = next((a for a in self.accounts if a.id == number), None)
        if not a:
            return self.answer("account.unknown")
        before = a.status
        allowed = {"suspend": ("active",), "restore": ("suspended",),
                   "close": ("invited", "active", "suspended"),
                   "erase": ("invited", "active", "suspended", "closed")}[verb]
        if before not in allowed or (verb == "erase" and a.name is None):
            return self.answer("account.state")
        if verb != "restore" and before != "closed" and self.is_last(a):
            return self.answer("account.last")
        email, change = a.email, next((q.change for q in self.requests.values() if q.account is a
                                       and q.open and q.kind == "change"), None)
        if verb == "suspend":
            a.status = "suspended"
            self.end_sessions(a)
        elif verb == "restore":
            a.status = "active"
        else:
            self.close(a, erase=verb == "erase" or before == "invited")
        # Whoever never came is not written to.
        if before not in ("closed", "invited"):
            self.mail("notice", a, email)
            if change and change[1] != email:
                self.mail("notice", a, change[1])
        return self.answer(account=number, status=a.status)

    # Batches, of new administrators

    def import_batch(self, session, rows, changes):
        self.sweep()
        s, refusal = self.session(session) if session else (None, "")
        if refusal == "session.expired":
            return self.answer(refusal)
        if s and s.proven != {"email", "sms"} and self.is_admin(s.account):
            return self.answer("session.step-up")
        if s and not self.is_admin(s.account):
            return self.answer("right.missing")
        outcomes, new, mended = [], [], []
        for (agency, name, email, mobile), change in zip(rows, changes):
            outcome, account = (self.removal if change == "刪除" else self.row)(
                s, agency, name, email, mobile)
            outcomes.append("accepted" if outcome == "mended" else outcome)
            if outcome == "mended":
                mended.append(next(q for q in self.requests.values() if q.account is account
                                   and q.status == "returned" and q.role == "admin"))
            elif outcome == "accepted":
                new.append((account, agency, name, email, mobile,
                            "revoke" if change == "刪除" else "grant"))
        if "rejected" in outcomes:
            answer = self.answer("batch.rejected")
            outcomes = ["held" if o == "accepted" else o for o in outcomes]
        else:
            answer = self.answer()
            if new or mended:
                number = len(self.batches) + 1
                self.batches[number] = s.account if s else None
                made, ended = [], False
                # Numbers are given agency by agency, as the form names them first.
                order = list(dict.fromkeys(agency for agency, *_ in rows))
                for account, *person, kind in sorted(new, key=lambda row: order.index(row[1])):
                    account = account or self.invite(*person)
                    q = self.new_request(account, "admin", kind=kind, origin="batch", batch=number,
                                         submitter=s.account if s else None)
                    if kind == "revoke" and self.may_end(s, account):
                        q.status, ended = "approved", True
                        self.end_by_form(account, s)
                    else:
                        made.append(q)
                if ended:
                    for admin in self.admins(AUTHORITY):
                        if not (s and s.account is admin):
                            self.mail("notice", admin)
                # Of each batch in one mail: of the new one, and of those that rows of it mend.
                made += self.hand_in(mended)
                told = {(q.batch, id(r)): r for q in made for r in self.reviewers(q)
                        if not (s and r is s.account)}
                for reviewer in told.values():
                    self.mail("notice", reviewer)
        answer.lines = [{"outcome": o} for o in outcomes]
        return answer

    def may_end(self, s, account):
        """Whether an importer may end somebody's permission themself."""
        return not s or s.account is account or self.is_admin(s.account, AUTHORITY)

    def end_by_form(self, account, s):
        for other in self.holds(account, "admin"):
            other.ended = self.now
        if not (s and s.account is account):
            self.notify(account)

    def hand_in(self, requests):
        """What was sent back comes again in the mended sheet, under its own number."""
        for q in requests:
            q.status, q.turned, q.round, q.reminded = "pending", self.now, q.round + 1, set()
        return requests

    def row(self, s, agency, name, email, mobile):
        if agency == AUTHORITY:
            return "rejected", None
        if s and s.account.agency != AUTHORITY:
            above = agency
            while above and above != s.account.agency:
                above = SUPERIOR[above]
            if not above:
                return "rejected", None
        same = [a for a in self.living(agency) if a.email == email or a.mobile == mobile]
        if len(same) > 1 or (same and same[0].name != name):
            return "rejected", None
        if same and (same[0].email, same[0].mobile) != (email, mobile):
            return "?", None
        if same and same[0].status == "suspended":
            return "?", None
        # What somebody asked for themself is theirs to mend, and a row its submitter's.
        returned = [q for q in self.requests.values() if same and q.account is same[0] and q.batch
                    and q.role == "admin" and q.status == "returned"]
        if returned and s and returned[0].submitter is not s.account:
            return "rejected", None
        if returned:
            return "mended", same[0]
        if same and (self.holds(same[0], "admin") or any(
                q.account is same[0] and q.role == "admin" and q.open
                for q in self.requests.values())):
            return "unchanged", None
        return "accepted", same[0] if same else None

    def removal(self, s, agency, name, email, mobile):
        """A row 刪除: the permission of the person named is to end."""
        outcome, _ = self.row(s, agency, name, email, mobile)
        if outcome in ("rejected", "?", "mended"):
            return outcome if outcome != "mended" else "?", None
        same = [a for a in self.living(agency) if a.email == email]
        if not same or not self.holds(same[0], "admin") or same[0].status != "active":
            return "?", None
        if any(q.account is same[0] and q.open and q.role == "admin"
               for q in self.requests.values()):
            return "?", None
        return "accepted", same[0]

    # The cron run

    def warn(self):
        """Whoever holds something until a day is told 14 and 3 days ahead, if they held it then."""
        for q in self.requests.values():
            if self.active(q) and q.until and q.account.status == "active":
                passed = [days for days in (14, 3)
                          if q.granted <= q.until - days * DAY <= self.now]
                if passed and min(passed) < q.warned:
                    q.warned = min(passed)
                    self.mail("notice", q.account)

    def remind(self):
        self.sweep()
        mine = {}
        for q in self.requests.values():
            if q.status != "pending":
                continue
            waited = self.now - (q.turned or q.at)
            for threshold in (3, 7, 14):
                for reviewer in self.reviewers(q):
                    if waited >= threshold * DAY and (reviewer.id, threshold) not in q.reminded:
                        q.reminded.add((reviewer.id, threshold))
                        mine[reviewer.id] = reviewer
        for reviewer in mine.values():
            self.mail("reminder", reviewer)
        self.warn()
        self.passed.clear()
        return self.answer(reminded=len(mine))
