//! A company of 5,000 people and a server of 4,000 rows, the same each time: what real ones have in
//! them, with how many of each.

use serde_json::{Value as Json, json};

/// Who is whom.
#[derive(Default)]
pub(super) struct Company {
    /// The rows made by hand, the seeded administrator's not among them.
    pub(super) rows: Vec<Json>,
    people: Vec<Person>,
}

/// A line of the export.
#[derive(Clone)]
struct Person {
    principal: String,
    given: String,
    family: String,
    mail: String,
    object: String,
    enabled: bool,
    mobile: String,
}

/// How many of each there are; the numbers that a scene asserts are made of these.
pub(super) const SAME: usize = 800;
pub(super) const UNBOUND: usize = 1600;
pub(super) const LEAVERS: usize = 300;
pub(super) const RETURNING: usize = 200;
pub(super) const NAMESAKES: usize = 100;
pub(super) const ACCENTED: usize = 12;
pub(super) const LOCAL: usize = 60;
pub(super) const REVIVED: usize = 100;
pub(super) const BURIED: usize = 100;
pub(super) const RENAMED: usize = 40;
pub(super) const TWICE: usize = 10;
pub(super) const GONE: usize = 150;
pub(super) const FAR: usize = 60;
pub(super) const TALKATIVE: usize = 40;
pub(super) const REPEATED: usize = 30;
pub(super) const FOREIGN: usize = 45;
pub(super) const TWINS: usize = 5;
/// All people, and all rows with the seeded administrator's.
pub(super) const PEOPLE: usize = 5000;
pub(super) const ROWS: usize = 4000;
/// Of the rows that nobody is.
pub(super) const SERVICES_OFF: usize = 120;

/// Names as people have them.
const GIVEN: [&str; 12] = [
    "Ana",
    "José",
    "Zoë",
    "Łukasz",
    "Đặng",
    "王",
    "花子",
    "Владимир",
    "Ingeborg",
    "Siobhán",
    "İpek",
    "محمد",
];
const FAMILY: [&str; 12] = [
    "Díaz",
    "O'Hara",
    "Müller",
    "Żółć",
    "Nguyễn",
    "芳",
    "山田",
    "Иванов",
    "Ångström",
    "D'Angelo",
    "Yılmaz",
    "Šimić",
];

fn at(names: &[&str], number: usize) -> String {
    names[number % names.len()].to_owned()
}

impl Company {
    pub(super) fn new() -> Self {
        let mut company = Self::default();
        for _ in 0..SAME {
            let (person, mut row) = company.somebody("same", "CONTOSO");
            row["ScimExternalId"] = person.object.clone().into();
            company.both(person, row);
        }
        for _ in 0..UNBOUND {
            let (person, row) = company.somebody("hand", "CONTOSO");
            company.both(person, row);
        }
        for _ in 0..LEAVERS {
            let (mut person, mut row) = company.somebody("leaver", "CONTOSO");
            row["ScimExternalId"] = person.object.clone().into();
            person.enabled = false;
            company.both(person, row);
        }
        for _ in 0..RETURNING {
            let (person, mut row) = company.somebody("back", "CONTOSO");
            row["ScimExternalId"] = person.object.clone().into();
            row["enabled"] = false.into();
            row["enabledForAssignation"] = false.into();
            company.both(person, row);
        }
        for _ in 0..NAMESAKES {
            let (person, mut row) = company.somebody("namesake", "CONTOSO");
            row["ScimExternalId"] = format!("another-{}", person.object).into();
            company.both(person, row);
        }
        for number in 0..ACCENTED {
            // The row has an accent that the directory's name has not.
            let (mut person, mut row) = company.somebody("jose", "CONTOSO");
            row["userName"] = format!("josé{number}").into();
            person.principal = format!("jose{number}@contoso.com");
            company.both(person, row);
        }
        for _ in 0..LOCAL {
            let (mut person, mut row) = company.somebody("local", "local");
            row["domain"] = "local".into();
            person.principal = person.principal.replace("contoso.com", "local");
            company.both(person, row);
        }
        let (mut admin, mut row) = company.somebody("admon", "CONTOSO");
        row["userName"] = "admon".into();
        admin.principal = "admon@contoso.com".to_owned();
        company.both(admin, row);
        for number in 0..REVIVED + BURIED {
            let (person, mut row) = company.somebody("gone", "CONTOSO");
            row["ScimDeleted"] = true.into();
            row["enabled"] = false.into();
            company.rows.push(row);
            if number < REVIVED {
                company.people.push(person);
            }
        }
        for _ in 0..RENAMED {
            let (person, mut row) = company.somebody("renamed", "CONTOSO");
            row["ScimExternalId"] = person.object.clone().into();
            row["userName"] = format!("before-{}", row["userName"].as_str().unwrap()).into();
            company.both(person, row);
        }
        for _ in 0..TWICE {
            let (person, mut row) = company.somebody("twice", "CONTOSO");
            row["ScimExternalId"] = person.object.clone().into();
            let name = row["userName"].as_str().unwrap().to_owned();
            row["userName"] = format!("first-{name}").into();
            let mut second = row.clone();
            second["userName"] = format!("second-{name}").into();
            company.rows.push(second);
            company.both(person, row);
        }
        company.newcomers();
        let services = ROWS - 1 - company.rows.len();
        for number in 0..services {
            let (_, mut row) = company.somebody("svc", "CONTOSO");
            row["userName"] = format!("svc-{number}").into();
            row["enabled"] = (number >= SERVICES_OFF).into();
            company.rows.push(row);
        }
        company
    }

    /// Those whom no row is.
    fn newcomers(&mut self) {
        for _ in 0..GONE {
            let (mut person, _) = self.somebody("ex", "CONTOSO");
            person.enabled = false;
            self.people.push(person);
        }
        for _ in 0..FAR {
            let (mut person, _) = self.somebody("far", "CONTOSO");
            person.principal =
                person.principal.replace("contoso.com", "a-very-long-subsidiary.example");
            self.people.push(person);
        }
        for _ in 0..TALKATIVE {
            let (mut person, _) = self.somebody("phone", "CONTOSO");
            person.mobile = "+57 300 000 0000 extension 7".to_owned();
            self.people.push(person);
        }
        for number in 0..REPEATED {
            let mut again = self.people[number].clone();
            again.principal = again.principal.to_uppercase();
            again.object = format!("again-{}", again.object);
            self.people.push(again);
        }
        for number in 0..FOREIGN {
            let (mut person, _) = self.somebody("foreign", "CONTOSO");
            let name = if number < 20 { "müller" } else { "o'hara" };
            person.principal = format!("{name}{number}@contoso.com");
            self.people.push(person);
        }
        for number in 0..TWINS {
            for name in ["andre", "andré"] {
                let (mut person, _) = self.somebody("twin", "CONTOSO");
                person.principal = format!("{name}{number}@contoso.com");
                self.people.push(person);
            }
        }
        while self.people.len() < PEOPLE {
            let (person, _) = self.somebody("new", "CONTOSO");
            self.people.push(person);
        }
    }

    fn both(&mut self, person: Person, row: Json) {
        self.people.push(person);
        self.rows.push(row);
    }

    /// Somebody, and the row that says the same of them but for the directory's id.
    fn somebody(&self, kind: &str, domain: &str) -> (Person, Json) {
        let number = self.people.len() + self.rows.len();
        let (given, family) = (at(&GIVEN, number), at(&FAMILY, number / 5));
        let name = format!("{kind}{number}");
        let person = Person {
            principal: format!("{name}@contoso.com"),
            mail: format!("{name}@contoso.com"),
            object: format!("00000000-0000-4000-8000-{number:012}"),
            enabled: true,
            mobile: "+57 3001234567".to_owned(),
            given: given.clone(),
            family: family.clone(),
        };
        let row = json!({
            "userName": name,
            "domain": domain,
            "fullName": format!("{given} {family}"),
            "FirstName": given,
            "LastName": family,
            "DisplayName": format!("{family}, {given}"),
            "contactEmail": person.mail,
            "contactCell": person.mobile,
            "enabled": true,
            "enabledForAssignation": true,
        });
        (person, row)
    }

    /// The export as the portal downloads it.
    pub(super) fn table(&self) -> String {
        let mut text = "\u{feff}userPrincipalName,displayName,surname,mail,givenName,objectId,\
            userType,jobTitle,department,accountEnabled,usageLocation,mobile\r\n"
            .to_owned();
        for Person { principal, given, family, mail, object, enabled, mobile } in &self.people {
            let enabled = if *enabled { "True" } else { "False" };
            text.push_str(&format!(
                "{principal},\"{family}, {given}\",{family},{mail},{given},{object},\
                 Member,,,{enabled},CO,{mobile}\r\n"
            ));
        }
        text
    }
}
