# client-wrap
