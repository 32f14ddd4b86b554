@app
bench

@http
get /

@tables
items
  owner *String

@queues
jobs
