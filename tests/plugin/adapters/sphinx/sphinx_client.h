// A connection to a searchd of a test, in the protocol of MySQL, by MariaDB's client library.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/base/result.h"

namespace barker {

using SphinxRows = std::vector<std::vector<std::string>>;  // a value that is NULL is empty

class SphinxClient {
 public:
  static Result<std::unique_ptr<SphinxClient>> connect(int port);
  ~SphinxClient();
  SphinxClient(const SphinxClient&) = delete;
  SphinxClient& operator=(const SphinxClient&) = delete;

  // The rows of a statement, none where it returns none. The error is the server's.
  Result<SphinxRows> ask(const std::string& statement);

  // The messages of SHOW WARNINGS after a statement, such as that of a shard that did not answer.
  std::string warnings();

 private:
  explicit SphinxClient(void* connection) : connection_(connection) {}
  void* const connection_;
};

// A text as a literal of SphinxQL. Bytes that are no UTF-8 stay as they are.
std::string quoted(const std::string& text);

}  // namespace barker
