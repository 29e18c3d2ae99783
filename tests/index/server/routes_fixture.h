// What routes answer, without a server around them.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "index/server/routes.h"
#include "tests/index/server/fake_service.h"

namespace barker {

class Routes : public testing::Test {
 protected:
  HttpResponse ask(const std::string& method, const std::string& target,
                   const std::string& body = "") {
    return answer(request_of(method, target, body), service_);
  }

  // Expects a problem of a type that names a field.
  void expect_problem(const HttpResponse& response, int status, const std::string& type,
                      const std::string& field = "", const std::string& detail = "") {
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(response.content_type, "application/problem+json");
    const auto json = nlohmann::json::parse(response.body);
    EXPECT_EQ(json["type"], "urn:barker:problem:" + type);
    EXPECT_EQ(json["status"], status);
    EXPECT_EQ(json.value("field", ""), field);
    EXPECT_THAT(json["detail"].get<std::string>(), testing::HasSubstr(detail));
  }

  FakeService service_;
};

}  // namespace barker
