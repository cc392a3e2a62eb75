"""An order that is paid by card in two steps: authorised, sent, captured; or nothing."""
