// The tables: people twice, once with whole numbers as keys and once with GUIDs.
using { cuid, managed } from '@sap/cds/common';

namespace legacy;

entity Departments {
  key code : String(10);
      name : String(80) not null;
}

// What both kinds of people have.
aspect Person : managed {
  userName     : String(100) not null;
  externalId   : String(64);
  enabled      : Boolean default true;
  fullName     : String(120);
  firstName    : String(40);
  lastName     : String(40);
  contactEmail : String(100) not null;
  contactCell  : String(20);
  hireDate     : Date;
  lastSeen     : DateTime;
  salary       : Decimal(15, 2);
  level        : Integer;
  department   : Association to Departments;
}

@assert.unique: { userName: [ userName ] }
entity WFUsers : Person {
  key idUser : Integer;
      boss   : Association to WFUsers;
}

@assert.unique: { userName: [ userName ] }
entity People : cuid, Person {
  boss : Association to People;
}
