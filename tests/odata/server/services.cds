// The two services, each at a path of its own. A row's version is when it was changed last.
using { legacy } from './schema';

@impl: './data.js'
@path: '/odata/v4/data'
@requires: 'authenticated-user'
service DataService {
  @cds.query.limit.max: 7
  entity WFUsers     as projection on legacy.WFUsers;
  entity Departments as projection on legacy.Departments;
}

@path: '/odata/v4/guid'
@requires: 'authenticated-user'
service GuidService {
  entity People      as projection on legacy.People;
  entity Departments as projection on legacy.Departments;
}

annotate DataService.WFUsers with {
  modifiedAt @odata.etag
}

annotate GuidService.People with {
  modifiedAt @odata.etag
}
