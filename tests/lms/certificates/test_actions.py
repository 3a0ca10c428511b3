import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.test import TestCase
from django_q.models import Schedule

from lms.certificates import actions, selectors, tasks
from lms.certificates.apps import ISSUE_MISSING
from lms.certificates.content import Content
from lms.certificates.models import Certificate, Immutable
from lms.certificates.states import State
from lms.common import clock
from lms.common.errors import Forbidden, Invalid
from lms.common.states import IllegalMove
from lms.courses.models import CoursePage
from lms.progress import actions as progress
from lms.tenants.models import CertificateDesign, Membership, Provider
from lms.tenants.scope import provider_scope
from tests.lms.certificates.making import complete, course, enrol, lessons_of, named
from tests.pictures import picture


@pytest.fixture
def admin(acme):
    with provider_scope(acme):
        return Membership.objects.get(role="admin").user


@pytest.fixture
def scope(acme):
    with provider_scope(acme):
        yield


@pytest.fixture
def revoked(certificate, admin, scope):
    with TestCase.captureOnCommitCallbacks(execute=True):
        actions.revoke(certificate, reason="Issued by mistake.", actor=admin, at=clock.now())
    return certificate


def test_the_completing_request_only_queues(night_sky, carol, scope):
    enrolment = enrol(carol, night_sky)
    with TestCase.captureOnCommitCallbacks() as waiting:
        progress.complete_lesson(enrolment, lessons_of(night_sky)[0], actor=carol, at=clock.now())
    assert waiting
    assert not Certificate.objects.exists()


def test_issuing_again_gives_the_same_certificate(certificate, enrolment, scope):
    assert actions.issue(enrolment, at=clock.now()) == certificate
    assert Certificate.objects.count() == 1


def test_nothing_is_issued_before_the_course_is_completed(night_sky, carol, scope):
    assert actions.issue(enrol(carol, night_sky), at=clock.now()) is None


def test_one_who_loses_the_race_gets_the_winner_s_certificate(night_sky, carol, scope, monkeypatch):
    monkeypatch.setattr("lms.certificates.notifications.course_completed", lambda happened: None)
    monkeypatch.setattr("lms.certificates.notifications._queue", lambda *arguments: None)
    enrolment = complete(enrol(carol, night_sky))
    content = actions._content
    winner = []

    def overtaken(*arguments):
        mine = content(*arguments)
        monkeypatch.setattr(actions, "_content", content)
        winner.append(actions.issue(enrolment, at=clock.now()))
        return mine

    monkeypatch.setattr(actions, "_content", overtaken)
    assert actions.issue(enrolment, at=clock.now()) == winner[0]
    assert Certificate.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_issue_one_certificate(acme, carol, monkeypatch):
    monkeypatch.setattr("lms.certificates.notifications._queue", lambda *arguments: None)
    page = course(acme)
    enrolment = complete(enrol(carol, page))
    codes, start = [], threading.Barrier(8)

    def issue():
        from django.db import connection

        with provider_scope(acme):
            start.wait()
            codes.append(actions.issue(enrolment, at=clock.now()).code)
        connection.close()

    threads = [threading.Thread(target=issue) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(codes) == 8
    assert len(set(codes)) == 1


def test_the_snapshot_can_t_be_rewritten(certificate, scope):
    certificate.snapshot = {**certificate.snapshot, "student": "Mallory"}
    with pytest.raises(Immutable):
        certificate.save()
    with pytest.raises(Immutable):
        Certificate.objects.update(snapshot={})
    with pytest.raises(Immutable):
        Certificate.objects.bulk_update([certificate], ["snapshot"])
    assert Certificate.objects.get().content.student == "Carol Wanjiru"


def test_the_code_can_t_be_rewritten(certificate, scope):
    certificate.code = "AAAA-AAAA-AAAA-AAAA"
    with pytest.raises(Immutable):
        certificate.save()


def test_a_broken_logo_keeps_nobody_from_their_certificate(acme, night_sky, carol, no_drawing):
    from lms.files.models import Image

    acme.logo = Image.objects.create(title="gone", file="gone.png", width=1, height=1)
    acme.save()
    enrolment = complete(enrol(carol, night_sky))
    with provider_scope(acme):
        assert enrolment.certificate.content.logo is None


def test_the_day_is_the_student_s_own(night_sky, carol, no_drawing):
    carol.time_zone = "Pacific/Auckland"
    carol.save()
    with clock.stopped_at(clock.now().replace(year=2026, month=3, day=1, hour=20)):
        enrolment = complete(enrol(carol, night_sky))
    with provider_scope(night_sky.provider_id):
        assert enrolment.certificate.content.completed_on.isoformat() == "2026-03-02"


def test_without_a_signatory_the_first_instructor_signs(certificate):
    assert certificate.content.signatory == "Dr Alice Okafor"


def test_the_school_s_signatory_signs_where_a_course_names_nobody(night_sky, carol, no_drawing):
    acme = night_sky.provider
    acme.signatory, acme.signatory_title = "Ada Lovelace", "Head of school"
    acme.certificate_design = CertificateDesign.MODERN
    acme.signature = picture("signature.png")
    acme.save()
    enrolment = complete(enrol(carol, night_sky))
    with provider_scope(acme):
        content = enrolment.certificate.content
    assert (content.signatory, content.signatory_title) == ("Ada Lovelace", "Head of school")
    assert content.signature is not None
    assert content.design == "modern"


def test_nobody_s_signature_stands_above_another_s_name(night_sky, carol, no_drawing):
    acme = night_sky.provider
    acme.signatory, acme.signature = "Ada Lovelace", picture("signature.png")
    acme.save()
    night_sky.certificate_signatory = "Dr Grace Hopper"
    night_sky.save()
    enrolment = complete(enrol(carol, night_sky))
    with provider_scope(acme):
        content = enrolment.certificate.content
    assert content.signatory == "Dr Grace Hopper"
    assert content.signature is None


def test_what_was_issued_keeps_its_look(certificate, scope):
    before = certificate.content
    Provider.objects.update(certificate_design=CertificateDesign.CLASSIC, primary_colour="#ff0000")
    assert Certificate.objects.get().content == before


def test_a_snapshot_of_before_there_were_designs_is_engraved(certificate):
    old = dict(certificate.snapshot)
    del old["design"], old["signatory_title"]
    assert Content.from_json(old).design == "engraved"


def test_the_student_is_told_once(certificate):
    (message,) = [m for m in mail.outbox if m.to == ["carol@example.org"]]
    assert "Night Sky" in message.subject
    assert str(certificate.pk) in message.body
    assert certificate.code in message.alternatives[0][0]


def test_making_the_pdf_again_replaces_a_lost_file(night_sky, carol):
    enrolment = complete(enrol(carol, night_sky))
    with provider_scope(night_sky.provider_id):
        certificate = enrolment.certificate
        with certificate.pdf.open() as file:
            first = file.read()
        certificate.pdf.storage.delete(certificate.pdf.name)
        actions.make_pdf(certificate)
        with certificate.pdf.open() as file:
            assert file.read() == first


def test_of_two_that_make_the_pdf_one_file_stays(night_sky, carol, private_files):
    enrolment = complete(enrol(carol, night_sky))
    with provider_scope(night_sky.provider_id):
        certificate = enrolment.certificate
        late = Certificate.objects.get()
        late.pdf = ""
        actions.make_pdf(late)
        assert late.pdf.name == certificate.pdf.name
    assert len(list((private_files / "certificates").glob("*.pdf"))) == 1


def test_a_revoked_certificate_says_when_and_why(revoked):
    revoked.refresh_from_db()
    assert revoked.state == State.REVOKED
    assert revoked.revocation_reason == "Issued by mistake."
    assert clock.now() - revoked.revoked_at < timedelta(minutes=1)


def test_the_student_is_told_of_the_revocation_and_its_reason(revoked):
    assert "Issued by mistake." in mail.outbox[-1].body
    assert mail.outbox[-1].to == ["carol@example.org"]


def test_revoking_twice_is_refused(revoked, admin):
    with pytest.raises(IllegalMove):
        actions.revoke(revoked, reason="Again.", actor=admin, at=clock.now())


def test_a_revoked_certificate_is_not_issued_anew(revoked, enrolment):
    assert actions.issue(enrolment, at=clock.now()) == revoked


def test_revoking_needs_a_reason(certificate, admin, scope):
    with pytest.raises(Invalid):
        actions.revoke(certificate, reason="  ", actor=admin, at=clock.now())


@pytest.mark.parametrize("who", ["alice", "carol", "mallory"])
def test_only_the_provider_s_admins_revoke(certificate, scope, who, alice):
    actor = {"alice": alice, "carol": certificate.student}.get(who) or named(who, "Mallory")
    with pytest.raises(Forbidden):
        actions.revoke(certificate, reason="No.", actor=actor, at=clock.now())


def test_what_was_missed_is_issued_by_the_hourly_task(acme, carol, no_drawing):
    page = course(acme, certificate_enabled=False)
    complete(enrol(carol, page))
    CoursePage.objects.filter(pk=page.pk).update(certificate_enabled=True)
    assert tasks.issue_missing() == 1
    with provider_scope(acme):
        assert Certificate.objects.count() == 1
        assert not selectors.awaiting().exists()


def test_the_hourly_task_is_scheduled(db):
    assert Schedule.objects.filter(name=ISSUE_MISSING).count() == 1
