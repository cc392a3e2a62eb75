"""``python -m fakes``: the services around an order, over HTTP on this computer."""

from fakes import order_services
from sagacheck.http import serve_command

main = serve_command(order_services, name="python -m fakes", url_variable="ORDERS_{service}_URL")

if __name__ == "__main__":
    main(prog_name="python -m fakes")
