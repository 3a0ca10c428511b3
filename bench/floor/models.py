from django.conf import settings
from django.db import models


class Row(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    place = models.PositiveIntegerField()
    answer = models.JSONField(default=dict)
    saved_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "floor"

    def __str__(self) -> str:
        return f"{self.user_id} {self.place}"
