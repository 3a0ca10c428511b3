from django.conf import settings
from django.db import models

from lms.common.states import Machine
from lms.tenants.scope import TenantManager, TenantModel, TenantQuerySet


class Loan(models.TextChoices):
    SHELVED = "shelved", "Shelved"
    LENT = "lent", "Lent"
    LOST = "lost", "Lost"


LEND, RETURN, LOSE = "lend", "return", "lose"

LOAN = Machine(
    "testapp_loan",
    {
        Loan.SHELVED: "It stands on its shelf.",
        Loan.LENT: "A reader has it.",
        Loan.LOST: "Nobody has it any more.",
    },
    initial=Loan.SHELVED,
    transitions={
        (Loan.SHELVED, LEND): Loan.LENT,
        (Loan.LENT, RETURN): Loan.SHELVED,
        (Loan.LENT, LOSE): Loan.LOST,
    },
)


class Label(TenantModel):
    name = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "name"], name="label_once")]

    def __str__(self) -> str:
        return self.name


class Shelf(TenantModel):
    name = models.CharField(max_length=40)

    def __str__(self) -> str:
        return self.name


class BookQuerySet(TenantQuerySet["Book"]):
    def thick(self) -> "BookQuerySet":
        return self.filter(pages__gte=500)


class Book(TenantModel):
    machine = LOAN

    title = models.CharField(max_length=40)
    pages = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=Loan.choices, default=Loan.SHELVED)
    shelf = models.ForeignKey(Shelf, null=True, on_delete=models.CASCADE, related_name="books")
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="books"
    )
    labels = models.ManyToManyField(Label, related_name="books")

    objects = TenantManager.from_queryset(BookQuerySet)()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "title"], name="book_once")]

    def __str__(self) -> str:
        return self.title
