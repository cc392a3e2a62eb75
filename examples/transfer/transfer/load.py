"""The saga for a load run: a bank whose accounts last for all of it."""

from dataclasses import replace

from transfer import saga

SAGA = replace(saga.SAGA, reset=lambda: saga.bank.open(alice=10**9, bob=0))
NAIVE = replace(SAGA, workflow=saga.NAIVE.workflow)
