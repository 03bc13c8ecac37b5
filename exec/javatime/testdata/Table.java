// Prints format.tsv and parse.tsv: what the JDK answers for the patterns below.
//   java -Duser.language=en -Duser.country=US Table.java format > format.tsv
//   java -Duser.language=en -Duser.country=US Table.java parse > parse.tsv
import java.text.SimpleDateFormat;
import java.time.*;
import java.time.format.*;
import java.util.*;

public class Table {
  static final String[] ZONES = {"UTC", "America/New_York", "Asia/Kolkata", "Europe/Paris", "Asia/Shanghai"};
  static final String[] TIMES = {"2020-01-05T13:04:05.678901234Z", "2019-12-31T19:00:00Z", "2020-07-04T00:30:00.5Z",
    "2021-01-03T12:00:00Z", "2024-02-29T23:59:59.999999999Z", "1969-12-31T23:59:59.25Z", "0987-06-05T04:03:02Z", "2020-11-01T05:30:00Z"};
  static final String[] PATTERNS = {"yyyy-MM-dd HH:mm:ss", "y yy yyy yyyy yyyyy", "u uu uuu uuuu uuuuuu", "Y YY YYYY w ww W e c",
    "M MM MMM MMMM MMMMM", "L LL LLL LLLL", "Q QQ QQQ QQQQ q qqq", "d dd D DD DDD F", "E EE EEE EEEE EEEEE", "ee eee eeee ccc cccc",
    "a h hh H HH k kk K KK", "m mm s ss S SS SSS SSSSSS SSSSSSSSS", "n N A AAAAAAAAAA", "G GG GGG GGGG GGGGG", "X XX XXX XXXX XXXXX",
    "x xx xxx xxxx xxxxx", "Z ZZ ZZZ ZZZZ ZZZZZ", "O OOOO", "VV", "z zz zzz zzzz", "yyyy''MM 'o''clock' é", "[yyyy[-MM]]'T'", "hh:mm a, EEEE d MMMM y",
    "j", "b", "yyyy-MM-dd'", "HHH", "aa", "]", "{", "#", "cc", "V", "OO", "XXXXXX", "MMMMMM", "DDDD", "SSSSSSSSSS", "www", "FF"};
  static final String[] SIMPLE = {"yyyy-MM-dd HH:mm:ss", "y yy yyy yyyy yyyyy", "Y YY w ww W", "M MM MMM MMMM L LLL", "d dd D DDD F", "E EEE EEEE u",
    "a h hh H HH k kk K KK", "m mm s ss S SS SSS SSSSSS", "G GGGG", "X XX XXX", "Z ZZZZ", "z zzzz", "yyyy''MM 'o''clock' é", "j", "XXXX", "yyyy'", "Q"};
  static final String[][] PARSE = {
    {"2020-01-05", "yyyy-MM-dd"}, {"2020-1-5", "yyyy-MM-dd"}, {"2020-1-5", "yyyy-M-d"}, {"20/1/5", "yy/M/d"}, {"020/1/5", "yy/M/d"}, {"99/1/5", "yy/M/d"},
    {"2020-02-30", "yyyy-MM-dd"}, {"2020-02-32", "yyyy-MM-dd"}, {"2020-13-01", "yyyy-MM-dd"}, {"2020-04-31", "yyyy-MM-dd"}, {"2020-02-30", "uuuu-MM-dd"},
    {"20200105", "yyyyMMdd"}, {"20200105131415", "yyyyMMddHHmmss"}, {"20200105131415678", "yyyyMMddHHmmssSSS"}, {"202001051314156", "yyyyMMddHHmmss"}, {"120200105", "yyyyMMdd"}, {"+120200105", "yyyyMMdd"},
    {"200105", "yyMMdd"}, {"2020-01-05 10", "yyyy-MM-dd"}, {"2020-01-05 10", "yyyy-MM-dd HH"}, {"2020-01-05 10", "yyyy-MM-dd hh"}, {"2020-01-05 10 pm", "yyyy-MM-dd hh a"},
    {"2020-01-05 12 AM", "yyyy-MM-dd hh a"}, {"2020-01-05 00 AM", "yyyy-MM-dd hh a"}, {"2020-01-05 13 AM", "yyyy-MM-dd hh a"}, {"2020-01-05 24:00", "yyyy-MM-dd HH:mm"}, {"2020-01-05 24:01", "yyyy-MM-dd HH:mm"},
    {"2020-01-05 24:00", "yyyy-MM-dd kk:mm"}, {"2020-01-05 11 PM", "yyyy-MM-dd KK a"}, {"2020-01-05 :30", "yyyy-MM-dd :mm"}, {"2020-01-05 10:::30", "yyyy-MM-dd HH:::ss"},
    {"2020-01-05 10 AM 22", "yyyy-MM-dd hh a HH"}, {"2020-01-05 10 AM 10", "yyyy-MM-dd hh a HH"},
    {"10/Oct/2000:13:55:36 -0700", "dd/MMM/yyyy:HH:mm:ss Z"}, {"10/oct/2000:13:55:36 -0700", "dd/MMM/yyyy:HH:mm:ss Z"}, {"10/Oct/2000:13:55:36 -07:00", "dd/MMM/yyyy:HH:mm:ss Z"},
    {"10/October/2000:13:55:36 +0000", "dd/MMM/yyyy:HH:mm:ss Z"}, {"10/October/2000", "dd/MMMM/yyyy"}, {"10/Oct/2000", "dd/MMMM/yyyy"},
    {"Wed, 01 Jan 2020 00:00:00 GMT", "EEE, dd MMM yyyy HH:mm:ss z"}, {"Wed, 01 Jan 2020 00:00:00 PST", "EEE, dd MMM yyyy HH:mm:ss z"}, {"Wed, 01 Jul 2020 00:00:00 EST", "EEE, dd MMM yyyy HH:mm:ss z"},
    {"Wed, 01 Jul 2020 00:00:00 EDT", "EEE, dd MMM yyyy HH:mm:ss z"}, {"Wed, 01 Jul 2020 00:00:00 CET", "EEE, dd MMM yyyy HH:mm:ss z"}, {"Wed, 01 Jul 2020 00:00:00 UTC", "EEE, dd MMM yyyy HH:mm:ss z"},
    {"Wed, 01 Jul 2020 00:00:00 xyz", "EEE, dd MMM yyyy HH:mm:ss z"}, {"Wed, 01 Jul 2020 00:00:00 JST", "EEE, dd MMM yyyy HH:mm:ss z"},
    {"Wed Jul 01 00:00:00 Pacific Standard Time 2020", "EEE MMM dd HH:mm:ss zzzz yyyy"}, {"Wed Jul 01 00:00:00 PDT 2020", "EEE MMM dd HH:mm:ss z yyyy"},
    {"Thu, 01 Jan 2020", "EEE, dd MMM yyyy"}, {"wed, 01 jan 2020", "EEE, dd MMM yyyy"}, {"Wednesday, 01 Jan 2020", "EEE, dd MMM yyyy"}, {"Wednesday, 01 Jan 2020", "EEEE, dd MMM yyyy"},
    {"2020-01-05T10:00:00Z", "yyyy-MM-dd'T'HH:mm:ss'Z'"}, {"2020-01-05t10:00:00z", "yyyy-MM-dd'T'HH:mm:ss'Z'"}, {"2020-01-05T10:00:00Z", "yyyy-MM-dd'T'HH:mm:ssX"},
    {"2020-01-05T10:00:00+01", "yyyy-MM-dd'T'HH:mm:ssX"}, {"2020-01-05T10:00:00+0130", "yyyy-MM-dd'T'HH:mm:ssX"}, {"2020-01-05T10:00:00+01:30", "yyyy-MM-dd'T'HH:mm:ssX"},
    {"2020-01-05T10:00:00+0130", "yyyy-MM-dd'T'HH:mm:ssXX"}, {"2020-01-05T10:00:00+01:30", "yyyy-MM-dd'T'HH:mm:ssXXX"}, {"2020-01-05T10:00:00Z", "yyyy-MM-dd'T'HH:mm:ssXXX"}, {"2020-01-05T10:00:00+00:00", "yyyy-MM-dd'T'HH:mm:ssXXX"},
    {"2020-01-05T10:00:00-18:00", "yyyy-MM-dd'T'HH:mm:ssXXX"}, {"2020-01-05T10:00:00-19:00", "yyyy-MM-dd'T'HH:mm:ssXXX"}, {"2020-01-05T10:00:00+01:30:15", "yyyy-MM-dd'T'HH:mm:ssXXXXX"}, {"2020-01-05T10:00:00Z", "yyyy-MM-dd'T'HH:mm:ssx"},
    {"2020-01-05T10:00:00+00", "yyyy-MM-dd'T'HH:mm:ssx"}, {"2020-01-05T10:00:00Z", "yyyy-MM-dd'T'HH:mm:ssZ"}, {"2020-01-05T10:00:00+01:30", "yyyy-MM-dd'T'HH:mm:ssZZZZZ"}, {"2020-01-05T10:00:00GMT+01:30", "yyyy-MM-dd'T'HH:mm:ssZZZZ"},
    {"2020-01-05T10:00:00GMT+1", "yyyy-MM-dd'T'HH:mm:ssO"}, {"2020-01-05T10:00:00 GMT", "yyyy-MM-dd'T'HH:mm:ss O"}, {"2020-01-05 10:00 America/Los_Angeles", "yyyy-MM-dd HH:mm VV"}, {"2020-01-05 10:00 +01:00", "yyyy-MM-dd HH:mm VV"},
    {"2020-01-05 10:00 Nowhere/City", "yyyy-MM-dd HH:mm VV"}, {"2020-01-05 10:00:00.123", "yyyy-MM-dd HH:mm:ss.SSS"}, {"2020-01-05 10:00:00.12", "yyyy-MM-dd HH:mm:ss.SSS"}, {"2020-01-05 10:00:00.1234", "yyyy-MM-dd HH:mm:ss.SSS"},
    {"2020-01-05 10:00:00.123456789", "yyyy-MM-dd HH:mm:ss.SSSSSSSSS"}, {"2020-01-05 10:00:00.5", "yyyy-MM-dd HH:mm:ss.S"}, {"2020-01-05 10:00:60", "yyyy-MM-dd HH:mm:ss"}, {"2020-01-05 1:2:3", "yyyy-MM-dd H:m:s"},
    {"2020-01-05 01:02:03", "yyyy-MM-dd H:m:s"}, {"2020-01-05", "yyyy-MM-dd[ HH:mm:ss]"}, {"2020-01-05 10:11:12", "yyyy-MM-dd[ HH:mm:ss]"}, {"2020-01-05 10:11", "yyyy-MM-dd[ HH:mm[:ss]]"}, {"2020-01-05 10:1", "yyyy-MM-dd[ HH:mm:ss]"},
    {"2020-005", "yyyy-DDD"}, {"2020005", "yyyyDDD"}, {"2020-366", "yyyy-DDD"}, {"2021-366", "yyyy-DDD"}, {"2020-5", "yyyy-D"}, {"2020-5", "yyyy-DDD"}, {"2020-01", "yyyy-MM"}, {"2020", "yyyy"}, {"10:00", "HH:mm"}, {"2020-01-05 1", "yyyy-MM-dd Q"}, {"2020-01-05 2", "yyyy-MM-dd Q"},
    {"2020-02-1", "YYYY-ww-e"}, {"2020-02-Sun", "YYYY-ww-EEE"}, {"2020-01-05", "YYYY-MM-dd"}, {"5 Jan 20", "d MMM yy"}, {"05.01.2020", "dd.MM.yyyy"}, {"01/05/2020 1:02:03 PM", "MM/dd/yyyy h:mm:ss a"}, {" 2020-01-05", "yyyy-MM-dd"}, {"2020-01-05 ", "yyyy-MM-dd"},
    {"-2020-01-05", "yyyy-MM-dd"}, {"0-01-05", "y-MM-dd"}, {"2020 AD 01 05", "yyyy G MM dd"}, {"+2020-01-05", "yyyy-MM-dd"}, {"2020-03-08 02:30", "yyyy-MM-dd HH:mm"}, {"2020-11-01 01:30", "yyyy-MM-dd HH:mm"}, {"", "yyyy"}, {"2020-01-05", ""}, {"20", "'20'"},
    {"2020-01-05 43200000", "yyyy-MM-dd A"}, {"2020-01-05 10 99", "yyyy-MM-dd HH n"}, {"2020-01-05 é", "yyyy-MM-dd é"}, {"Jan 05 10:11:12 2020", "MMM dd HH:mm:ss yyyy"}, {"1 5 2020", "M d yyyy"}, {"2020-00-05", "yyyy-MM-dd"}};

  public static void main(String[] a) {
    System.out.println("# OpenJDK " + System.getProperty("java.version") + ", locale en_US, made by Table.java");
    if (a[0].equals("format")) format(); else parse();
  }

  static void format() {
    System.out.println("# kind, pattern, zone, time, text; ERR: the pattern is refused");
    for (String p : PATTERNS) {
      DateTimeFormatter f;
      try { f = new DateTimeFormatterBuilder().parseCaseInsensitive().appendPattern(p).toFormatter(); }
      catch (IllegalArgumentException e) { System.out.println("new\t" + p + "\t\t\tERR"); continue; }
      for (int i = 0; i < TIMES.length; i++) {
        String z = ZONES[i % ZONES.length];
        System.out.println("new\t" + p + "\t" + z + "\t" + TIMES[i] + "\t" + ZonedDateTime.ofInstant(Instant.parse(TIMES[i]), ZoneId.of(z)).format(f));
      }
    }
    for (String p : SIMPLE) {
      SimpleDateFormat f;
      try { f = new SimpleDateFormat(p); } catch (IllegalArgumentException e) { System.out.println("simple\t" + p + "\t\t\tERR"); continue; }
      for (int i = 0; i < TIMES.length; i++) {
        if (i == 6) continue; // before 1582 the two calendars differ
        String z = ZONES[i % ZONES.length];
        f.setTimeZone(TimeZone.getTimeZone(z));
        System.out.println("simple\t" + p + "\t" + z + "\t" + TIMES[i] + "\t" + f.format(new Date(Instant.parse(TIMES[i]).toEpochMilli())));
      }
    }
  }

  static void parse() {
    System.out.println("# kind, text, pattern, seconds.nanos in the zone America/New_York, or NULL");
    ZoneId ny = ZoneId.of("America/New_York");
    for (String[] c : PARSE) {
      String r;
      try {
        DateTimeFormatter f = new DateTimeFormatterBuilder().parseCaseInsensitive().appendPattern(c[1]).toFormatter().withZone(ny);
        Instant t;
        try { t = ZonedDateTime.parse(c[0], f).toInstant(); } catch (DateTimeException e) { t = LocalDate.parse(c[0], f).atStartOfDay(ny).toInstant(); }
        r = t.getEpochSecond() + "." + t.getNano();
      } catch (DateTimeException e) { r = "NULL"; }
      System.out.println("new\t" + c[0] + "\t" + c[1] + "\t" + r);
      try {
        SimpleDateFormat f = new SimpleDateFormat(c[1]);
        f.setTimeZone(TimeZone.getTimeZone(ny));
        Date d = f.parse(c[0], new java.text.ParsePosition(0));
        r = d == null ? "NULL" : Math.floorDiv(d.getTime(), 1000) + "." + Math.floorMod(d.getTime(), 1000) * 1000000L;
      } catch (IllegalArgumentException e) { continue; }
      System.out.println("simple\t" + c[0] + "\t" + c[1] + "\t" + r);
    }
  }
}
