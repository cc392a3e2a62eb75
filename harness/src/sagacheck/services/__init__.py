"""Stateful fakes of services: their operations, idempotency keys, state and rules."""

from sagacheck.services.activity_service import AMOUNT, CURRENCY, LINES, activity_service
from sagacheck.services.card_payments import AUTHORISED, CardPaymentService
from sagacheck.services.messages import MessageService
from sagacheck.services.operations import (
    HEADER,
    Operation,
    OperationTable,
    Refusal,
    Tells,
)
from sagacheck.services.payments import (
    CUSTOMER,
    MERCHANT,
    RETURNED,
    PaymentService,
    RefundRow,
    minor_units,
)
from sagacheck.services.plain_services import endpoint, plain_services
from sagacheck.services.refusals import (
    ALREADY_CAPTURED,
    ALREADY_REFUNDED,
    ALREADY_SHIPPED,
    AUTHORISATION_EXPIRED,
    AUTHORISATION_VOIDED,
    BODY_TOO_LARGE,
    CAPTURE_EXCEEDS_AUTHORISATION,
    COMMON_REFUSALS,
    INVALID_AMOUNT,
    INVALID_CURRENCY,
    OUT_OF_STOCK,
    PAYMENT_DECLINED,
    REFUND_EXCEEDS_CHARGE,
    REFUND_REFUSED,
)
from sagacheck.services.request import (
    Handling,
    RefusedError,
    Request,
    refuse_unknown_fields,
)
from sagacheck.services.service import Scheduled, Service
from sagacheck.services.services import ServiceFactory, Services, operations_of
from sagacheck.services.shipments import ShipmentService
from sagacheck.services.stock import AVAILABLE, OUTSIDE, RESERVED, SHIPPED, StockService

__all__ = [
    "ALREADY_CAPTURED",
    "ALREADY_REFUNDED",
    "ALREADY_SHIPPED",
    "AMOUNT",
    "AUTHORISATION_EXPIRED",
    "AUTHORISATION_VOIDED",
    "AUTHORISED",
    "AVAILABLE",
    "BODY_TOO_LARGE",
    "CAPTURE_EXCEEDS_AUTHORISATION",
    "COMMON_REFUSALS",
    "CURRENCY",
    "CUSTOMER",
    "HEADER",
    "INVALID_AMOUNT",
    "INVALID_CURRENCY",
    "LINES",
    "MERCHANT",
    "OUTSIDE",
    "OUT_OF_STOCK",
    "PAYMENT_DECLINED",
    "REFUND_EXCEEDS_CHARGE",
    "REFUND_REFUSED",
    "RESERVED",
    "RETURNED",
    "SHIPPED",
    "CardPaymentService",
    "Handling",
    "MessageService",
    "Operation",
    "OperationTable",
    "PaymentService",
    "RefundRow",
    "Refusal",
    "RefusedError",
    "Request",
    "Scheduled",
    "Service",
    "ServiceFactory",
    "Services",
    "ShipmentService",
    "StockService",
    "Tells",
    "activity_service",
    "endpoint",
    "minor_units",
    "operations_of",
    "plain_services",
    "refuse_unknown_fields",
]
