// The next whole number for a person that brings none.
const cds = require('@sap/cds')

module.exports = class DataService extends cds.ApplicationService {
  init() {
    const { WFUsers } = this.entities
    this.before('CREATE', WFUsers, async request => {
      if (request.data.idUser !== undefined) return
      const { last } = await SELECT.one.from(WFUsers).columns('max(idUser) as last')
      request.data.idUser = (last ?? 0) + 1
    })
    return super.init()
  }
}
