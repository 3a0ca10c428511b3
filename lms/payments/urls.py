from django.urls import path

from . import views

app_name = "payments"

urlpatterns = [
    path("learn/<key:course_id>/buy/", views.buy, name="buy"),
    path("orders/", views.mine, name="orders"),
    path("orders/<uuid:order_id>/", views.order, name="order"),
    path("orders/<uuid:order_id>/pay/", views.pay, name="pay"),
    path("orders/<uuid:order_id>/cancel/", views.cancel, name="cancel"),
    path("pay/back/<uuid:payment_id>/", views.back, name="back"),
    path("pay/test/<slug:ref>/", views.test_card, name="test_card"),
    path("webhooks/<slug:gateway>/", views.notice, name="notice"),
]
