# tunnel
