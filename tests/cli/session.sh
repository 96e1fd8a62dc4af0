set -e
parzen run train.py:loss -n 20 --seed 1 --quiet > /dev/null
parzen best train.db --json > best.json
python3 -c 'import json; print("lr", round(json.load(open("best.json"))["params"]["lr"], 3))'
parzen export train.db --format csv --quiet > trials.csv
python3 -c 'import csv; print(len(list(csv.DictReader(open("trials.csv")))), "rows")'
parzen export train.db --report report.html --quiet
