package dev.hearth.loadtests.report;

/** The frame of the HTML report. */
final class Html {

    private Html() {}

    static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    static String page(String title, String body) {
        return """
                <!doctype html><html lang="en"><head><meta charset="utf-8"><title>%s</title><style>
                body { font: 14px sans-serif; margin: 2em; color: #222 }
                table { border-collapse: collapse } th, td { padding: .2em .6em; border-bottom: 1px solid #ddd; text-align: right }
                th:first-child, td:first-child { text-align: left } .met { color: #176b2c } .missed { color: #b00020; font-weight: bold }
                svg text { font: 11px sans-serif; fill: #444 } pre { background: #f4f4f4; padding: .8em }
                </style></head><body><h1>%s</h1>
                %s</body></html>
                """
                .formatted(escape(title), escape(title), body);
    }
}
