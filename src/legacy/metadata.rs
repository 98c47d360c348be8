//! `$metadata`: the tables as OData's CSDL XML (OASIS OData CSDL 4.0).

use std::fmt::Write as _;

use super::columns::{Kind, TABLES, Table};

/// The namespace of the entity types. (Invented: Bizagi's is not known.)
const NAMESPACE: &str = "Bizagi.Data";

/// The whole document.
pub(super) fn document() -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <edmx:Edmx Version=\"4.0\" xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\">\n  \
         <edmx:DataServices>\n    \
         <Schema Namespace=\"{NAMESPACE}\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">\n"
    );
    for table in TABLES {
        entity(&mut xml, table);
    }
    xml.push_str("      <EntityContainer Name=\"Container\">\n");
    for Table { name, navigations, .. } in TABLES {
        let _ =
            writeln!(xml, "        <EntitySet Name=\"{name}\" EntityType=\"{NAMESPACE}.{name}\">");
        for way in *navigations {
            let _ = writeln!(
                xml,
                "          <NavigationPropertyBinding Path=\"{}\" Target=\"{}\"/>",
                way.name, way.table
            );
        }
        xml.push_str("        </EntitySet>\n");
    }
    xml.push_str("      </EntityContainer>\n    </Schema>\n  </edmx:DataServices>\n</edmx:Edmx>\n");
    xml
}

fn entity(xml: &mut String, table: &Table) {
    let _ = writeln!(
        xml,
        "      <EntityType Name=\"{}\">\n        <Key><PropertyRef Name=\"{}\"/></Key>",
        table.name, table.key
    );
    for column in table.columns {
        let _ = write!(
            xml,
            "        <Property Name=\"{}\" Type=\"{}\" Nullable=\"{}\"",
            column.name,
            column.kind.edm(),
            column.nullable
        );
        let _ = match column.kind {
            Kind::Text(limit) => write!(xml, " MaxLength=\"{limit}\""),
            Kind::DateTime => write!(xml, " Precision=\"0\""),
            Kind::Money => write!(xml, " Precision=\"19\" Scale=\"4\""),
            _ => Ok(()),
        };
        if column.computed {
            xml.push_str(
                ">\n          <Annotation Term=\"Org.OData.Core.V1.Computed\" Bool=\"true\"/>\n        \
                 </Property>\n",
            );
        } else {
            xml.push_str("/>\n");
        }
    }
    for way in table.navigations {
        let Some(other) = Table::named(way.table) else { continue };
        let _ = writeln!(
            xml,
            "        <NavigationProperty Name=\"{}\" Type=\"{NAMESPACE}.{}\">\n          \
             <ReferentialConstraint Property=\"{}\" ReferencedProperty=\"{}\"/>\n        \
             </NavigationProperty>",
            way.name, other.name, way.column, other.key
        );
    }
    xml.push_str("      </EntityType>\n");
}
