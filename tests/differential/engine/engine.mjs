// One question a line on standard input, one answer a line on standard output, until the input ends.
//
// {"filter": …, "resource": …}      → {"matches": true or false}
// {"operations": […], "resource": …} → {"resource": …}
// A refusal is {"refused": why}. Whatever else is thrown is a fault of the engine: {"broken": why}.
import { createInterface } from 'node:readline';
import scimPatch from 'scim-patch';
import scimFilter from 'scim2-parse-filter';

const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

// The RFC to the letter: `replace` is no `add` where nothing is.
const OPTIONS = { mutateDocument: true, treatMissingAsAdd: false };

function answer({ filter, operations, resource }) {
    if (filter !== undefined) {
        return { matches: scimFilter.filter(scimFilter.parse(filter))(resource) };
    }
    scimPatch.patchBodyValidation({ schemas: [PATCH_OP], Operations: operations });
    return { resource: scimPatch.scimPatch(resource, operations, OPTIONS) };
}

function isOrdinary(error) {
    return error instanceof scimPatch.ScimError || error.constructor === Error;
}

for await (const line of createInterface({ input: process.stdin })) {
    let told;
    try {
        told = answer(JSON.parse(line));
    } catch (error) {
        told = isOrdinary(error) ? { refused: error.message } : { broken: String(error) };
    }
    process.stdout.write(`${JSON.stringify(told)}\n`);
}
