// Errors as problem documents (RFC 9457): {"type", "title", "status", "detail", "field"}. A program
// tells problems apart by `type`; `detail` is a sentence for people. Pure functions. [any thread]
#pragma once

#include <string>

#include "index/server/http_message.h"
#include "index/server/problem_kind.h"
#include "index/server/target.h"
#include "models/base/result.h"

namespace barker {

// `field` names the parameter or field that is wrong ("k", "ads[3].bid"), where there is one.
// Problems that pass with time carry Retry-After.
HttpResponse problem(ProblemKind kind, const std::string& detail, const std::string& field = {});
HttpResponse problem(const Fault& fault);

// What the engine answered instead of a result. Its message is told to the client, so that only
// those errors belong here that the request caused or an administrator asked for.
HttpResponse problem(const Status& status, const std::string& field = {});

}  // namespace barker
