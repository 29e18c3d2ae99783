#include "index/server/head_check.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

namespace barker {
namespace {

TEST(HeadCheck, TellsWhatHasNothingButATarget) {
  const std::string line = "GET /v1/search?q=x HTTP/1.1\r\n", host = "Host: x\r\n";
  std::optional<PlainHead> plain;
  EXPECT_FALSE(check_head(line + host + "Accept: */*\r\n\r\n", plain));
  EXPECT_TRUE(plain) << "what a client accepts does not change how its request is framed";
  const std::string head = line + host + "\r\n";
  EXPECT_FALSE(check_head(head, plain));
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->method, "GET");
  EXPECT_EQ(plain->target, "/v1/search?q=x");
  for (const std::string more :
       {"Content-Length: 0\r\n", "transfer-encoding: chunked\r\n", "Connection: close\r\n",
        "EXPECT: 100-continue\r\n", "Upgrade: h2c\r\n"}) {
    plain.emplace();  // which must not stay
    EXPECT_FALSE(check_head(line + host + more + "\r\n", plain)) << more;
    EXPECT_FALSE(plain) << more;
  }
  plain.emplace();
  EXPECT_FALSE(check_head("GET / HTTP/1.0\r\n\r\n", plain));
  EXPECT_FALSE(plain) << "its connection ends with the answer";
  plain.emplace();
  EXPECT_TRUE(check_head(line + "\r\n", plain));
  EXPECT_FALSE(plain) << "it is refused";
}

TEST(HeadCheck, RefusesWhatHasTwoReadings) {
  const std::string line = "POST /v1/search HTTP/1.1\r\n", host = "Host: x\r\n";
  EXPECT_FALSE(check_head(line + host + "Content-Length: 3\r\n\r\n"));
  EXPECT_FALSE(check_head("GET / HTTP/1.0\r\n\r\n"));
  const std::pair<std::string, ProblemKind> kWrong[] = {
      {line + host + "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", ProblemKind::kBadFraming},
      {line + host + "Content-Length: 3, 3\r\n\r\n", ProblemKind::kBadFraming},
      {line + host + "Content-Length: +3\r\n\r\n", ProblemKind::kBadFraming},
      {line + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
       ProblemKind::kBadFraming},
      {line + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
       ProblemKind::kBadFraming},
      {line + host + "Transfer-Encoding: gzip, chunked\r\n\r\n", ProblemKind::kBadEncoding},
      {line + host + "Transfer-Encoding: xchunked\r\n\r\n", ProblemKind::kBadEncoding},
      {line + host + "A: b\nC: d\r\n\r\n", ProblemKind::kBadFraming},
      {line + host + "A: b\rC: d\r\n\r\n", ProblemKind::kBadFraming},
      {line + host + "A: b\r\n folded\r\n\r\n", ProblemKind::kBadFraming},
      {line + host + "Content-Length : 3\r\n\r\n", ProblemKind::kBadRequest},
      {line + "\r\n", ProblemKind::kBadRequest},
      {line + host + host + "\r\n", ProblemKind::kBadRequest},
      {line + "Host: a b\r\n\r\n", ProblemKind::kBadRequest},
      {"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", ProblemKind::kBadFraming},
      {"GET  / HTTP/1.1\r\n" + host + "\r\n", ProblemKind::kBadRequest},
      {"GET /\x01 HTTP/1.1\r\n" + host + "\r\n", ProblemKind::kBadRequest},
      {"GET / HTTP/2.0\r\n" + host + "\r\n", ProblemKind::kHttpVersion},
      {"\r\nGET / HTTP/1.1\r\n\r\n", ProblemKind::kBadRequest}};
  for (const auto& [head, kind] : kWrong) {
    const auto fault = check_head(head);
    ASSERT_TRUE(fault) << head;
    EXPECT_EQ(fault->kind, kind) << head;
  }
}

}  // namespace
}  // namespace barker
