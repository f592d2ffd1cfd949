"""Documents that the compiled reader of XML reads itself, and those that it leaves to Python."""

from __future__ import annotations

import pytest

DEEP = 32


def nested(depth: int) -> bytes:
    return b"<a>" * depth + b"</a>" * depth


def spaces(count: int) -> bytes:
    return b"<a " + b" ".join(b"xmlns:p%d='u%d'" % (n, n) for n in range(count)) + b"/>"


def spaces_in_turn(count: int) -> bytes:
    return b"<a>" + b"".join(b"<p:b xmlns:p='%d'/>" % n for n in range(count)) + b"</a>"


def attributes(count: int) -> bytes:
    return b"<a" + b"".join(b" b%d=''" % n for n in range(count)) + b"/>"


ORDINARY = [
    pytest.param("<a/>", id="an element"),
    pytest.param("<?xml version='1.0' encoding='UTF-8'?><a/>", id="a declaration"),
    pytest.param("<?xml version='1.0'?>\n<a></a>\n", id="a declaration without an encoding"),
    pytest.param(
        '<?xml version="1.0"\tencoding="x-Y.9_"\r\nstandalone="yes" ?><a/>', id="a long declaration"
    ),
    pytest.param("<?xml version='1.0' standalone='no'?><a/>", id="a document that needs others"),
    pytest.param("<?xml version='1.0' encoding='utf-16'?><a/>", id="another encoding declared"),
    pytest.param("<!-- no --><a/>\n<!-- <b> --> ", id="comments around the root"),
    pytest.param("<a>x<!-- no -->y\r<!---->\nz</a>", id="comments within a text"),
    pytest.param("<a><!-- no --><b/> <!-- -\r\n&no;]]> \u00e4--></a>", id="comments in between"),
    pytest.param("<a><!-- <!DOCTYPE --></a>", id="what looks like a DOCTYPE"),
    pytest.param("<a><!--->--></a>", id="what looks like the end of a comment"),
    pytest.param("<a> x\r\ny\rz\r\r\n </a>", id="line ends"),
    pytest.param("<a> \n\t</a>", id="a text of white space"),
    pytest.param("<a> <b/>\r\n<b> </b>\t</a>", id="white space between elements"),
    pytest.param("<a>&#32;<b/>&#x9;&#13;</a>", id="white space in other words"),
    pytest.param("<a\n b\t=\r\n'c'\r></a\n >", id="white space in tags"),
    pytest.param("<a>&lt;&amp;&gt;&quot;&apos;&#228;&#x1f600;</a>", id="what XML itself names"),
    pytest.param("<a>\r&#10;&#13;\n&#xd;&#xA;</a>", id="line ends that are meant"),
    pytest.param("<a>&#x7f;&#x80;&#x7ff;&#x800;&#xD7FF;&#xe000;&#xfffd;</a>", id="short numbers"),
    pytest.param("<a>&#x10000;&#x1fffe;&#1114111;&#000000000065;</a>", id="long numbers"),
    pytest.param("<a>]] ]>]]&gt;]</a>", id="what looks like the end of CDATA"),
    pytest.param("<a b='' c=\"&quot;'\" d='\"&apos;'/>", id="either quote"),
    pytest.param("<a b=' x\ty\nz\r\n.\r.\r\r\n '/>", id="white space in a value"),
    pytest.param("<a b='&#32;&#9;&#10;&#13;&#xd;&#xa;'/>", id="white space that is meant"),
    pytest.param("<a b='>]]>--&lt;&#60;&amp;lt;'/>", id="what a value may hold"),
    pytest.param("<a b='\u00fc\ufeff'>\x7f\x85\u00a0\ufffd\U0001fffe</a>", id="what is not ASCII"),
    pytest.param("<_.-9 A.-_='' xmlnsp='' xmlp:b='' xmlns:xmlp='u'/>", id="strange names"),
    pytest.param("<a xmlns:p='u' p:xmlns='v'><b/></a>", id="what looks like a declaration"),
    pytest.param("<a xmlns='u'><b xmlns=''/><b xmlns='v'/><b c=''/></a>", id="default namespaces"),
    pytest.param("<p:a xmlns:p='u' p:b='' b=''><p:c xmlns:p='v'/></p:a>", id="a prefix again"),
    pytest.param(
        "<p:a xmlns:p='u'><p:b xmlns:p='v'><p:c/></p:b><p:c p:d=''/></p:a>", id="a prefix shadowed"
    ),
    pytest.param("<a><b xmlns='u'/><b/></a>", id="a default for a while"),
    pytest.param("<a xmlns:p='u'><b xmlns:p='u'/><p:b/></a>", id="one declaration twice"),
    pytest.param("<p:a p:b='' xmlns:p='u'/>", id="a declaration behind its use"),
    pytest.param("<a xmlns:p='u' xmlns:q='v'><q:b p:c=''/></a>", id="prefixes of attributes first"),
    pytest.param("<a xmlns:p='u'/>", id="a prefix that is not used"),
    pytest.param("<a xmlns='u' xmlns:p='u'><p:b/></a>", id="a default that has a prefix too"),
    pytest.param("<q:a xmlns:p='u' xmlns:q='u' p:b=''><q:c/></q:a>", id="two prefixes of one"),
    pytest.param("<a xmlns:p='u' xmlns:q='v' p:b='' q:b='' b=''/>", id="one name thrice"),
    pytest.param("<a xmlns:p='&#117;&amp;' xmlns:q=' u\n&#10;' q:b='' p:b=''/>", id="odd URIs"),
    pytest.param("<a xmlns='\u00e4' xmlns:o='\u00f6' o:b=''/>", id="namespaces beyond ASCII"),
    pytest.param("<a xml:lang='fi'><xml:b/></a>", id="the prefix xml"),
    pytest.param("<a>" + "<b/>" * 256 + "</a>", id="many children"),
    pytest.param("<a>" + "x" * 4096 + "</a>", id="a long text"),
    pytest.param("<" + "a" * 300 + " " + "b" * 300 + "='" + "c" * 4096 + "'/>", id="long names"),
    pytest.param(attributes(32).decode(), id="many attributes"),
    pytest.param(nested(DEEP).decode(), id="deep nesting"),
    pytest.param(spaces(15).decode(), id="many namespaces"),
    pytest.param(spaces_in_turn(16).decode(), id="many namespaces in turn"),
    pytest.param("<a>" + "<b xmlns:p='u' xmlns:q='v'/>" * 20 + "</a>", id="many declarations"),
]  # fmt: skip

UNUSUAL = [
    pytest.param(b"", id="nothing"),
    pytest.param(b" <a/>", id="a blank first"),
    pytest.param(b"x<a/>", id="a text first"),
    pytest.param(b"<!-- no -->", id="no root"),
    pytest.param(b"<", id="no more than a beginning"),
    pytest.param(b"\xef\xbb\xbf<a/>", id="a byte order mark"),
    pytest.param("<a/>".encode("utf-16"), id="UTF-16"),
    pytest.param("<!DOCTYPE a><a/>".encode("utf-16-le"), id="a DOCTYPE in UTF-16"),
    pytest.param("<a/>".encode("utf-16-le"), id="what expat takes for UTF-16"),
    # --- characters
    pytest.param(b"<a>\xff</a>", id="no UTF-8"),
    pytest.param(b"<a>\xc0\xbc</a>", id="a character with too many bytes"),
    pytest.param(b"<a>\xed\xa0\x80</a>", id="half a character"),
    pytest.param(b"<a>\xf4\x90\x80\x80</a>", id="no character of Unicode"),
    pytest.param(b"<a>\xc3</a>", id="a character cut off"),
    pytest.param("<a>\ufffe</a>".encode(), id="no character of XML"),
    pytest.param("<a b='\uffff'/>".encode(), id="another"),
    pytest.param("<a/><!-- \uffff -->".encode(), id="and one in a comment"),
    pytest.param(b"<a>\0</a>", id="a NUL"),
    pytest.param(b"<a/>\0", id="a NUL behind the root"),
    pytest.param(b"<a>\x01</a>", id="a control character"),
    pytest.param(b"<a b='\x1f'/>", id="one in a value"),
    pytest.param(b"<!-- \x0b --><a/>", id="one in a comment"),
    pytest.param(b"<a\x0c/>", id="one that is a blank elsewhere"),
    pytest.param(b"<a xmlns='\x01'/>", id="the separator"),
    pytest.param(b"<a xmlns='&#1;'/>", id="the separator in other words"),
    # --- the declaration
    pytest.param(b"<?xml version='2.0'?><a/>", id="another version"),
    pytest.param(b"<?xml version='1.0\"?><a/>", id="a version in two quotes"),
    pytest.param(b"<?xml version = '1.0'?><a/>", id="blanks in a declaration"),
    pytest.param(b"<?xml encoding='utf-8'?><a/>", id="no version"),
    pytest.param(b"<?xml version='1.0'encoding='utf-8'?><a/>", id="no blank in a declaration"),
    pytest.param(b"<?xml version='1.0' encoding='_'?><a/>", id="no name of an encoding"),
    pytest.param(b"<?xml version='1.0' encoding=''?><a/>", id="an encoding without a name"),
    pytest.param(b"<?xml version='1.0' standalone='maybe'?><a/>", id="neither yes nor no"),
    pytest.param(b"<?xml version='1.0' standalone='no' encoding='a'?><a/>", id="another order"),
    pytest.param(b"<?XML version='1.0'?><a/>", id="a declaration in capitals"),
    pytest.param(b"<?xml?><a/>", id="an empty declaration"),
    pytest.param(b"<!-- no --><?xml version='1.0'?><a/>", id="a declaration too late"),
    # --- what is rare
    pytest.param(b"<!DOCTYPE a><a/>", id="a DOCTYPE"),
    pytest.param(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", id="an entity"),
    pytest.param(b"<?xml-stylesheet no?><a/>", id="an instruction before the root"),
    pytest.param(b"<a><?no no?></a>", id="an instruction"),
    pytest.param(b"<a><![CDATA[<&]]></a>", id="CDATA"),
    pytest.param("<\u00e4/>".encode(), id="a name that is not ASCII"),
    pytest.param("<a \u00e4=''/>".encode(), id="an attribute that is not ASCII"),
    # --- references
    pytest.param(b"<a>&b;</a>", id="an entity nobody defined"),
    pytest.param(b"<a>&lt</a>", id="a reference without an end"),
    pytest.param(b"<a>&LT;</a>", id="a reference in capitals"),
    pytest.param(b"<a>& </a>", id="an ampersand alone"),
    pytest.param(b"<a b='&'/>", id="an ampersand in a value"),
    pytest.param(b"<a>&#;</a>", id="no number"),
    pytest.param(b"<a>&#x;</a>", id="no hexadecimal number"),
    pytest.param(b"<a>&#X41;</a>", id="a number in capitals"),
    pytest.param(b"<a>&#4a;</a>", id="a decimal number with letters"),
    pytest.param(b"<a>&#65</a>", id="a number without an end"),
    pytest.param(b"<a>&#0;</a>", id="the number of NUL"),
    pytest.param(b"<a>&#31;</a>", id="the number of a control character"),
    pytest.param(b"<a>&#xd800;</a>", id="the number of half a character"),
    pytest.param(b"<a>&#xDFFF;</a>", id="the number of the other half"),
    pytest.param(b"<a>&#xfffe;</a>", id="the number of no character"),
    pytest.param(b"<a>&#65535;</a>", id="another of none"),
    pytest.param(b"<a>&#x110000;</a>", id="a number beyond all"),
    pytest.param(b"<a>&#4294967361;</a>", id="a number beyond 32 bits"),
    # --- texts and comments
    pytest.param(b"<a>x<b/></a>", id="text before an element"),
    pytest.param(b"<a><b/>x</a>", id="text behind an element"),
    pytest.param(b"<a><b/>x<b/></a>", id="text between elements"),
    pytest.param("<a>\u00a0<b/></a>".encode(), id="a space that is none to XML"),
    pytest.param(b"<a>]]></a>", id="the end of CDATA"),
    pytest.param(b"<a>]]]></a>", id="the end of CDATA after a bracket"),
    pytest.param(b"<a><!-- -- --></a>", id="a comment with two hyphens"),
    pytest.param(b"<a><!-- ---></a>", id="a comment that ends in three"),
    pytest.param(b"<a><!--->", id="a comment without an end"),
    pytest.param(b"<a><!- no --></a>", id="a comment with one hyphen"),
    # --- names and tags
    pytest.param(b"<1/>", id="a name that begins with a digit"),
    pytest.param(b"<-a/>", id="a name that begins with a hyphen"),
    pytest.param(b"< a/>", id="a blank before a name"),
    pytest.param(b"<a></ a>", id="a blank before the name of an end"),
    pytest.param(b"<a / >", id="a blank within an end"),
    pytest.param(b"<a b=''", id="a tag without an end"),
    pytest.param(b"<a b=' />", id="a value without an end"),
    pytest.param(b"<a b/>", id="an attribute without a value"),
    pytest.param(b"<a b=c/>", id="a value without quotes"),
    pytest.param(b"<a b='<'/>", id="a tag in a value"),
    pytest.param(b"<a b=''c=''/>", id="attributes that touch"),
    pytest.param(b"<a 1=''/>", id="an attribute that begins with a digit"),
    pytest.param(b"<a>", id="no end"),
    pytest.param(b"<a></b>", id="another end"),
    pytest.param(b"<a></aa>", id="a longer end"),
    pytest.param(b"<aa></a>", id="a shorter end"),
    pytest.param(b"</a>", id="an end first"),
    pytest.param(b"<p:a xmlns:p='u' xmlns:q='u'></q:a>", id="an end by another prefix"),
    pytest.param(b"<a/><b/>", id="two roots"),
    pytest.param(b"<a/>x", id="text behind the root"),
    pytest.param(b"<a/>&#32;", id="a reference behind the root"),
    # --- namespaces
    pytest.param(b"<a:b:c xmlns:a='u' xmlns:b='u'/>", id="two colons"),
    pytest.param(b"<:a/>", id="an empty prefix"),
    pytest.param(b"<a xmlns:p='u'><p:/></a>", id="a prefix of nothing"),
    pytest.param(b"<p:1 xmlns:p='u'/>", id="a digit behind a prefix"),
    pytest.param(b"<a xmlns:='u'/>", id="a declaration of nothing"),
    pytest.param(b"<a xmlns:p=''/>", id="a prefix for nothing"),
    pytest.param(b"<a xmlns:xml='u'/>", id="the prefix xml for something else"),
    pytest.param(
        b"<a xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:b=''/>", id="xml declared"
    ),
    pytest.param(
        b"<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>", id="another prefix for that of xml"
    ),
    pytest.param(b"<a xmlns='http://www.w3.org/XML/1998/namespac&#101;'/>", id="it as the default"),
    pytest.param(b"<a xmlns:xmlns='u'/>", id="the prefix xmlns declared"),
    pytest.param(b"<xmlns:a/>", id="the prefix xmlns used"),
    pytest.param(b"<a xmlns:p='http://www.w3.org/2000/xmlns/'/>", id="a prefix for that of xmlns"),
    pytest.param(b"<p:a/>", id="a prefix nobody declared"),
    pytest.param(b"<a p:b=''/>", id="a prefix of an attribute nobody declared"),
    pytest.param(b"<a><b xmlns:p='u'/><p:b/></a>", id="a prefix declared elsewhere"),
    pytest.param(b"<a b='' b=''/>", id="an attribute twice"),
    pytest.param(b"<a xmlns:p='u' xmlns:q='u' p:b='' q:b=''/>", id="twice by two prefixes"),
    pytest.param(b"<a xmlns:p='u' xmlns:p='u'/>", id="a declaration twice in a tag"),
    pytest.param(b"<a xmlns='u' xmlns='v'/>", id="a default twice in a tag"),
    pytest.param(b"<a xmlns='' xmlns=''/>", id="no default twice in a tag"),
    # --- bounds
    pytest.param(nested(DEEP + 1), id="nesting beyond the bound"),
    pytest.param(b"<a>" + b"<b/>" * 257 + b"</a>", id="too many children"),
    pytest.param(b"<a>" + b"x" * 4097 + b"</a>", id="a text beyond the bound"),
    pytest.param(b"<a>" + b"&#x20ac;" * 1366 + b"</a>", id="references beyond the bound"),
    pytest.param(b"<a b='" + b"x" * 4097 + b"'/>", id="a value beyond the bound"),
    pytest.param(attributes(33), id="too many attributes"),
    pytest.param(spaces(16), id="too many namespaces"),
    pytest.param(spaces_in_turn(17), id="too many namespaces in turn"),
    pytest.param(b"<a><!--" + b"x" * 65536 + b"--></a>", id="a document beyond the bound"),
]  # fmt: skip
