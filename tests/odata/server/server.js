// What `cds-serve` does, on the loopback address alone, and ended with whoever started it.
const cds = require('@sap/cds')

cds.on('bootstrap', app => {
  const listen = app.listen
  app.listen = port => listen.call(app, port, '127.0.0.1')
})

cds.on('listening', ({ server }) => console.log(`listening on port ${server.address().port}`))

process.stdin.on('end', () => process.exit(0)).resume()
