"""Makes yearbook.xls, a made-up yearbook in the format of Excel before 2007.

Run once, with xlwt 1.3.0, which is no longer kept and therefore no dependency of the tests:
python tests/panels/tables/files/make_xls.py
"""

from pathlib import Path

import xlwt

book = xlwt.Workbook()
sheet = book.add_sheet("面板")
sheet.write_merge(0, 0, 0, 4, "表1 城市经济（2018-2019）")
for column, name in enumerate(["城市代码", "年份", "地区生产总值①", "第三产业占比", "备注"]):
    sheet.write(1, column, name)
sheet.write(2, 2, "万元")
sheet.write(2, 3, "%")
percent = xlwt.easyxf(num_format_str="0.0%")
sheet.write_merge(3, 4, 0, 0, 110000)
sheet.write_merge(5, 6, 0, 0, "450800")
for row, (year, gdp, share) in enumerate(
    [(2018, 1234.5, 0.81), (2019, "1,300", 0.82), (2018, "－", 0.4), (2019, "500*", 0.41)]
):
    sheet.write(row + 3, 1, year)
    sheet.write(row + 3, 2, gdp)
    sheet.write(row + 3, 3, share, percent)
sheet.row(4).hidden = True
sheet.write(7, 0, "注：* 为初步数。")
book.add_sheet("空")
book.save(Path(__file__).with_name("yearbook.xls"))
