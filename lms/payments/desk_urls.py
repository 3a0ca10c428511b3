from django.urls import path

from . import desk_views as views

app_name = "payments_desk"

HOUSE = "sales/<slug:slug>/"

urlpatterns = [
    path("sales/", views.index, name="index"),
    path(HOUSE, views.sales, name="sales"),
    path(f"{HOUSE}tax/", views.tax, name="tax"),
    path(f"{HOUSE}tax/<key:rate_id>/remove/", views.remove_rate, name="remove_rate"),
    path(f"{HOUSE}vouchers/", views.vouchers, name="vouchers"),
    path(f"{HOUSE}vouchers/<key:voucher_id>/", views.switch, name="voucher"),
    path(f"{HOUSE}<uuid:order_id>/", views.order, name="order"),
    path(f"{HOUSE}<uuid:order_id>/refund/<uuid:payment_id>/", views.refund, name="refund"),
]
