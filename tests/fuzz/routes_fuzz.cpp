// Requests as bytes: the head is checked, its target parsed, and the routes answer it. Whatever
// comes, the answer is a page or a problem document, and both are JSON without invalid UTF-8.
#include <nlohmann/json.hpp>
#include <string>

#include "index/server/head_check.h"
#include "models/base/utf8.h"
#include "tests/fuzz/fuzz.h"
#include "tests/index/server/fake_service.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace barker;
  const std::string text(reinterpret_cast<const char*>(data), size);
  // A head, or just "METHOD TARGET", then an empty line and the body.
  const size_t blank = text.find("\r\n\r\n");
  const std::string head = text.substr(0, blank == std::string::npos ? size : blank + 4);
  (void)check_head(head);
  HttpRequest request;
  const size_t space = head.find(' ');
  if (space == std::string::npos) return 0;
  request.method = head.substr(0, space);
  if (parse_target(head.substr(space + 1, head.find_first_of(" \r", space + 1) - space - 1),
                   request.target)) {
    return 0;
  }
  if (blank != std::string::npos) request.body = text.substr(blank + 4);
  request.authorization = "Bearer right";
  FakeService service;
  const HttpResponse response = answer(request, service);
  promise(is_valid_utf8(response.body), "an answer is valid UTF-8");
  const bool is_problem = response.status >= 400;
  promise(is_problem == (response.content_type == "application/problem+json"),
          "an error is a problem document");
  if (response.status == 204 || response.content_type.starts_with("text/plain")) return 0;
  const auto json = nlohmann::json::parse(response.body, nullptr, false);
  promise(json.is_object(), "an answer is a JSON object");
  if (is_problem) promise(json["status"] == response.status, "a problem says its status");
  return 0;
}
