#!/usr/bin/env bash
# models/learning.sh BIN OUT DATA: makes the tables of AUCs in models/LEARNING.md anew, in hours.
#
# DATA is the directory of the public data sets; those that are not there are skipped, visibly.
# Every stage leaves a file in OUT and is not run again while the file is there, so that a killed
# run goes on. The tables are printed and lie in OUT/tables.md: an AUC with its interval and the
# paired difference to boosted trees, or the mean over seeds with the least and the greatest.
set -euo pipefail
bin=$1 out=$2 data=$3
export OMP_NUM_THREADS=1
baselines=boosted-trees,two-tower,cooccurrence,user-cf,popularity
mkdir -p "$out"
: >"$out/tables.md"

# stage FILE COMMAND...: FILE is what the command writes, under this name only when it is whole.
stage() {
  local file=$1
  shift
  [ -e "$file" ] && return
  echo "$(date +%H:%M) $file" >&2
  "$@" >"$out/log" 2>&1 || { tail -n 3 "$out/log" >&2; exit 1; }
}

# imported SET LAYOUT: the public data set as an event log. Returns 1 where the set is not there.
imported() {
  if [ ! -d "$data/$1" ]; then
    printf '\n## %s: skipped, %s is not there\n' "$1" "$data/$1" | tee -a "$out/tables.md"
    return 1
  fi
  stage "$out/$1/events.jsonl" import_whole "$1" "$2"
}
import_whole() {
  rm -rf "$out/$1.part" "${out:?}/$1"
  "$bin/barker-train" import "$2" --data "$data/$1" --out "$out/$1.part" || return 1
  mv "$out/$1.part" "$out/$1"
}

# prepared SET [OPTIONS]: the log of SET as the dataset SET.data.
prepared() {
  local set=$1
  shift
  stage "$out/$set.data" "$bin/barker-train" prepare --events "$out/$set/events.jsonl" \
    --out "$out/$set.data" "$@"
}

# trained SET NAME [OPTIONS]: the weights SET.NAME.barker, by default without the dot product.
trained() {
  local set=$1 weights=$out/$1.$2.barker
  shift 2
  stage "$weights" "$bin/barker-train" train --data "$out/$set.data" --out "$weights" --resume \
    --quiet --set model.dot=none "$@"
}

# judged SET [MORE OPERANDS]: all weights of SET beside the baselines, as SET.judged.
judged() {
  local set=$1 weights
  shift
  weights=$(ls "$out/$set".*.barker 2>/dev/null || true)
  # shellcheck disable=SC2086
  stage "$out/$set.judged" judge_whole "$set" $weights "$@"
}
judge_whole() {
  local set=$1
  shift
  "$bin/barker-train" evaluate "$@" --data "$out/$set.data" --baseline "$baselines" \
    >"$out/$set.judging" || return 1
  mv "$out/$set.judging" "$out/$set.judged"
}

# table TITLE JUDGED...: of models whose names differ by a seed (bm.1, bm.2) or by the file, the
# mean. The differences are to the first row, $reference.
reference="boosted trees"
table() {
  printf '\n## %s\n\n| | AUC | against %s |\n|---|---|---|\n' "$1" "$reference" |
    tee -a "$out/tables.md"
  shift
  awk '
    /^AUC +all/ { inside = 1; next }
    /^$/ { inside = 0 }
    inside {
      name = $1
      if (sub(/\.barker$/, "", name)) sub(/.*\//, "", name)
      sub(/\.[0-9]+$/, "", name); sub(/^[^.]*\./, "", name)
      if (!(name in count)) order[++names] = name
      if (!count[name]++) { low[name] = high[name] = $2 }
      sum[name] += $2; one[name] = $2 " " $3; above[name] = $4 " " $5; difference[name] += $4
      if ($2 < low[name]) low[name] = $2
      if ($2 > high[name]) high[name] = $2
    }
    END {
      for (i = 1; i <= names; ++i) {
        n = order[i]
        if (count[n] == 1) printf "| %s | %s | %s |\n", n, one[n], above[n]
        else printf "| %s, mean of %d | %.4f (%s to %s) | %+.4f |\n", n, count[n],
          sum[n] / count[n], low[n], high[n], difference[n] / count[n]
      }
    }' "$@" | tee -a "$out/tables.md"
}

# competitors TITLE SET: those of the paper's Table 4 beside boosted trees, as SET.table4, and their
# table. Decisions have their thresholds from the validation split.
competitors() {
  stage "$out/$2.table4" judge_competitors "$2"
  printf '\n## %s: Table 4\n\n| | AUC | recall | precision | accuracy | F1 | RMSE |\n' "$1" |
    tee -a "$out/tables.md"
  echo '|---|---|---|---|---|---|---|' | tee -a "$out/tables.md"
  awk '
    { sub(/^true probability/, "true-probability") }
    /^AUC +all/ { section = "auc"; next }
    /^decisions/ { section = "decisions"; next }
    /^$/ { section = "" }
    section == "auc" { auc[$1] = $2 " " $3 }
    section == "decisions" {
      printf "| %s | %s | %s | %s | %s | %s | %s |\n", $1, auc[$1], $2, $3, $4, $5, $6
    }' "$out/$2.table4" | tee -a "$out/tables.md"
}
judge_competitors() {
  "$bin/barker-train" evaluate --data "$out/$1.data" \
    --baseline boosted-trees,dmp-dgbm,lstm-pso,im12cp-wqi,rf-ffgm >"$out/$1.judging4" || return 1
  mv "$out/$1.judging4" "$out/$1.table4"
}

if imported trivago_filter_clicks trivago; then
  set=trivago_filter_clicks
  prepared $set
  for seed in 1 2 3 4 5; do
    trained $set bm.$seed --set model.name=BM --seed $seed
    trained $set abm-dot.$seed --set model.name=ABM --set model.dot=added --seed $seed
  done
  judged $set
  table "trivago filter clicks" "$out/$set.judged"
fi

if imported amazon_beauty amazon-reviews; then
  mkdir -p "$out/amazon_beauty_tenth"
  ln -sf ../amazon_beauty/events.jsonl "$out/amazon_beauty_tenth/events.jsonl"
  prepared amazon_beauty
  prepared amazon_beauty_tenth --main-share 0.1
  for set in amazon_beauty amazon_beauty_tenth; do
    for model in BM MTDL AMTDL; do
      trained $set $model --set model.name=$model
      trained $set $model-dot --set model.name=$model --set model.dot=added
    done
    trained $set AMTDL-dot-pretrain --set model.name=AMTDL --set model.dot=added \
      --set train.schedule=pretrain
    judged $set
    table "$set" "$out/$set.judged"
  done
  competitors "Amazon Beauty" amazon_beauty
fi

if imported online_retail online-retail; then
  prepared online_retail
  trained online_retail BM --set model.name=BM
  trained online_retail MTDL --set model.name=MTDL
  judged online_retail
  table "online retail" "$out/online_retail.judged"
fi

for seed in 1 2 3; do
  set=s1-$seed
  stage "$out/$set.data" "$bin/barker-train" generate click-world --data-out "$out/$set.data" \
    --seed $seed
  pretrain='--set train.schedule=pretrain'
  trained $set BM-noise.$seed --set model.name=BM --set train.init=noise
  trained $set BM.$seed --set model.name=BM
  # shellcheck disable=SC2086
  {
    trained $set MTDL-noise.$seed --set model.name=MTDL --set train.init=noise $pretrain
    trained $set MTDL.$seed --set model.name=MTDL $pretrain
    trained $set AMTDL.$seed --set model.name=AMTDL $pretrain
    for dot in alone added; do
      trained $set AMTDL-user-$dot.$seed --set model.name=AMTDL --set model.user_id=true \
        --set model.dot=$dot $pretrain
    done
  }
  judged $set
done
table "click world S1" "$out"/s1-?.judged
competitors "click world S1, seed 1" s1-1

# Every day: the log of the click world up to a day, of which the five days before it are
# validation, and 25 increments of a day, of which the last one is also made from the day before
# anew. What each training took stands at the end of its .log.
day() { echo $((1700000000 + 86400 * $1)); }
day_data() {
  stage "$out/days-$1/$2.data" "$bin/barker-train" prepare --events "$out/days-$1.jsonl" \
    --out "$out/days-$1/$2.data" --split-at "$(day $(($2 - 5))),$(day "$2")"
}
day_trained() {  # SEED DAY NAME [OPTIONS]
  local seed=$1 at=$2 weights=$out/days-$1/$3.$1.barker
  shift 3
  day_data "$seed" "$at"
  stage "$weights" timed "$weights" --data "$out/days-$seed/$at.data" --seed "$seed" "$@"
}
timed() {
  local weights=$1
  shift
  { time "$bin/barker-train" train --out "$weights" --resume --quiet "$@"; } \
    >"$weights.log" 2>&1
}
judge_days() {
  local at=$out/days-$1
  "$bin/barker-train" evaluate "$at/full.$1.barker" "$at/stale.$1.barker" "$at/chain-85.$1.barker" \
    "$at/jump.$1.barker" "$at/yesterday.$1.barker" "$at/increment.$1.barker" \
    --data "$at/85.data" >"$at/judging" || return 1
  mv "$at/judging" "$out/days-$1.judged"
}
for seed in 1 2; do
  mkdir -p "$out/days-$seed"
  at=$out/days-$seed
  stage "$at.jsonl" "$bin/barker-train" generate click-world --events-out "$at.jsonl" \
    --seed "$seed"
  day_trained "$seed" 85 full
  day_trained "$seed" 84 yesterday
  day_trained "$seed" 85 increment --init "$at/yesterday.$seed.barker"
  day_trained "$seed" 60 stale
  day_trained "$seed" 85 jump --init "$at/stale.$seed.barker"
  before=stale
  for ((d = 61; d <= 85; ++d)); do
    day_trained "$seed" $d chain-$d --init "$at/$before.$seed.barker"
    before=chain-$d
  done
  stage "$out/days-$seed.judged" judge_days "$seed"
done
reference="a training of the whole log"
table "Every day, click world S1" "$out"/days-?.judged
reference="boosted trees"

stage "$out/marketplace/events.jsonl" "$bin/barker-train" generate marketplace \
  --out "$out/marketplace"
prepared marketplace
judged marketplace models/simulate/demo.barker
table "demo marketplace" "$out/marketplace.judged"
