#include "models/base/plain_number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "models/base/number_text.h"
#include "models/base/random.h"

namespace barker {
namespace {

TEST(PlainNumber, HasNoExponentInUsualMagnitudes) {
  EXPECT_EQ(plain_number_text(20.0), "20");
  EXPECT_EQ(plain_number_text(100000.0), "100000");
  EXPECT_EQ(plain_number_text(1e-5), "0.00001");
  EXPECT_EQ(plain_number_text(-0.0005), "-0.0005");
  EXPECT_EQ(plain_number_text(0.1f), "0.1");
  EXPECT_EQ(plain_number_text(0.0), "0");
  EXPECT_EQ(plain_number_text(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(plain_number_text(999999999.0), "999999999");
}

TEST(PlainNumber, HasAnExponentBeyondThem) {
  EXPECT_EQ(plain_number_text(1e9), "1e+09");
  EXPECT_EQ(plain_number_text(1e12f), "1e+12");
  EXPECT_EQ(plain_number_text(1e-7), "1e-07");
  EXPECT_EQ(plain_number_text(INFINITY), "inf");
  EXPECT_EQ(plain_number_text(NAN), "nan");
}

TEST(PlainNumber, ReadsBackAsTheNumber) {
  Random random(3, 0);
  for (int i = 0; i < 10'000; ++i) {
    const double value = (random.uniform() - 0.5) * std::pow(10, 40 * random.uniform() - 20);
    EXPECT_EQ(read_number(plain_number_text(value)), value);
  }
  const double least = std::numeric_limits<double>::denorm_min();
  EXPECT_EQ(read_number(plain_number_text(least)), least);
}

}  // namespace
}  // namespace barker
