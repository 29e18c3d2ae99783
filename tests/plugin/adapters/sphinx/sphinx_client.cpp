#include "tests/plugin/adapters/sphinx/sphinx_client.h"

#include <mysql.h>

namespace barker {
namespace {

constexpr unsigned kTimeoutSeconds = 30;

MYSQL* handle(void* connection) { return static_cast<MYSQL*>(connection); }

}  // namespace

Result<std::unique_ptr<SphinxClient>> SphinxClient::connect(int port) {
  MYSQL* const connection = mysql_init(nullptr);
  mysql_options(connection, MYSQL_OPT_CONNECT_TIMEOUT, &kTimeoutSeconds);
  mysql_options(connection, MYSQL_OPT_READ_TIMEOUT, &kTimeoutSeconds);
  if (!mysql_real_connect(connection, "127.0.0.1", nullptr, nullptr, nullptr,
                          static_cast<unsigned>(port), nullptr, 0)) {
    const Status failed = io_error(mysql_error(connection));
    mysql_close(connection);
    return failed;
  }
  return std::unique_ptr<SphinxClient>(new SphinxClient(connection));
}

SphinxClient::~SphinxClient() { mysql_close(handle(connection_)); }

Result<SphinxRows> SphinxClient::ask(const std::string& statement) {
  MYSQL* const connection = handle(connection_);
  if (mysql_real_query(connection, statement.data(), statement.size()) != 0) {
    return bad_data(mysql_error(connection));
  }
  SphinxRows rows;
  MYSQL_RES* const result = mysql_store_result(connection);
  if (!result) return rows;
  const unsigned columns = mysql_num_fields(result);
  while (const MYSQL_ROW row = mysql_fetch_row(result)) {
    const unsigned long* const sizes = mysql_fetch_lengths(result);
    std::vector<std::string>& values = rows.emplace_back();
    for (unsigned i = 0; i < columns; ++i) {
      values.push_back(row[i] ? std::string(row[i], sizes[i]) : std::string());
    }
  }
  mysql_free_result(result);
  return rows;
}

std::string SphinxClient::warnings() {
  std::string messages;
  const auto rows = ask("SHOW WARNINGS");
  if (!rows.ok()) return rows.status().message();
  for (const auto& row : *rows) messages += row.back() + "\n";
  return messages;
}

std::string quoted(const std::string& text) {
  std::string literal = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') literal += '\\';
    literal += c;
  }
  return literal + "'";
}

}  // namespace barker
