package dev.holdfast.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * The walk-through of the manual: two web servers behind a load balancer, each with an address of its own, on two nodes. Writes what
 * belongs on the shared file system, and knows the commands that a person would type.
 *
 * @param nodes the two nodes, the favourite of HAProxy first
 * @param shared where the shared file system is mounted on the nodes
 */
public record WalkThrough(
        List<String> nodes, String haproxyAddress, String httpd1Address, String httpd2Address, Path shared) {

    /** What is started, in the order in which a person would name it. */
    public static final List<String> APPLICATIONS = List.of("httpd1", "httpd2", "haproxy");

    public static final List<String> ADDRESSES = List.of("haproxyvip", "httpd1vip", "httpd2vip");

    public WalkThrough {
        nodes = List.copyOf(nodes);
        if (nodes.size() != 2) {
            throw new IllegalArgumentException("the walk-through is about two nodes, got " + nodes);
        }
    }

    /** @param publicNetwork {@code a.b.c.0/24}; the addresses .110, .111 and .112 of it are used */
    public static WalkThrough in(String publicNetwork, List<String> nodes) {
        String prefix = publicNetwork.substring(0, publicNetwork.lastIndexOf('.') + 1);
        return new WalkThrough(nodes, prefix + "110", prefix + "111", prefix + "112", Path.of("/shared"));
    }

    /** What the client asks for: answered by HAProxy, which asks one of the web servers. */
    public String url() {
        return "http://" + haproxyAddress + "/index.html";
    }

    /** The address of a resource of {@link #ADDRESSES}. */
    String addressOf(String resource) {
        return virtualAddresses().get(ADDRESSES.indexOf(resource));
    }

    public List<String> virtualAddresses() {
        return List.of(haproxyAddress, httpd1Address, httpd2Address);
    }

    /**
     * Writes configuration, pages and action scripts.
     *
     * @param sharedHere the shared file system as this process sees it; it may be mounted elsewhere than on the nodes
     * @param agents the directory of action scripts that Holdfast ships
     */
    public void write(Path sharedHere, Path agents) throws IOException {
        Path scripts = Files.createDirectories(sharedHere.resolve("scripts"));
        copy(agents.resolve("haproxy.scr"), scripts.resolve("haproxy.scr"));
        Files.writeString(Files.createDirectories(sharedHere.resolve("haproxy")).resolve("haproxy.cfg"), haproxyCfg());
        writeHttpd(sharedHere, agents, "httpd1", httpd1Address);
        writeHttpd(sharedHere, agents, "httpd2", httpd2Address);
    }

    private void writeHttpd(Path sharedHere, Path agents, String name, String address) throws IOException {
        copy(agents.resolve("httpd.scr"), sharedHere.resolve("scripts").resolve(name + ".scr"));
        Path base = sharedHere.resolve(name);
        Files.createDirectories(base.resolve("logs"));
        Files.writeString(
                Files.createDirectories(base.resolve("conf")).resolve("httpd.conf"), httpdConf(name, address));
        Files.writeString(Files.createDirectories(base.resolve("htdocs")).resolve("index.html"), indexHtml(name));
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
    }

    /** The commands that create the three addresses and the three applications, in order. Each is one argument list. */
    public List<List<String>> createCommands() {
        String first = nodes.get(0) + " " + nodes.get(1);
        String second = nodes.get(1) + " " + nodes.get(0);
        return List.of(
                createVip(haproxyAddress, "haproxyvip"),
                createVip(httpd1Address, "httpd1vip"),
                createVip(httpd2Address, "httpd2vip"),
                favour("haproxyvip", first),
                favour("httpd1vip", first),
                favour("httpd2vip", second),
                addApplication("httpd1", first, "hard(httpd1vip) pullup(httpd1vip)", "httpd1vip"),
                addApplication("httpd2", second, "hard(httpd2vip) pullup(httpd2vip)", "httpd2vip"),
                addApplication(
                        "haproxy",
                        first,
                        "hard(haproxyvip) pullup(haproxyvip) weak(concurrent:global:httpd1,concurrent:global:httpd2)",
                        "haproxyvip"));
    }

    public static List<String> startCommand() {
        return List.of("crsctl", "start", "resource", "httpd1", "httpd2", "haproxy");
    }

    public static List<String> statusCommand() {
        return List.of("crsctl", "status", "resource", "-t");
    }

    private static List<String> createVip(String address, String name) {
        return List.of("appvipcfg", "create", "-network=1", "-ip=" + address, "-vipname=" + name, "-user=root");
    }

    private static List<String> favour(String resource, String members) {
        return List.of(
                "crsctl",
                "modify",
                "resource",
                resource,
                "-attr",
                "PLACEMENT=favored,HOSTING_MEMBERS='%s'".formatted(members));
    }

    private List<String> addApplication(String name, String members, String start, String stop) {
        return List.of(
                "crsctl",
                "add",
                "resource",
                name,
                "-type",
                "cluster_resource",
                "-attr",
                ("ACTION_SCRIPT=%s/scripts/%s.scr,PLACEMENT=favored,HOSTING_MEMBERS='%s',CHECK_INTERVAL=30,RESTART_ATTEMPTS=2,"
                                + "START_DEPENDENCIES='%s',STOP_DEPENDENCIES='hard(%s)'")
                        .formatted(shared, name, members, start, stop));
    }

    /** A command as it would be typed into a shell. */
    static String typed(List<String> command) {
        var text = new StringBuilder();
        for (String argument : command) {
            boolean plain = argument.matches("[A-Za-z0-9_@%+=:,./-]+");
            text.append(text.isEmpty() ? "" : " ").append(plain ? argument : '"' + argument + '"');
        }
        return text.toString();
    }

    private String haproxyCfg() {
        return """
                # The load balancer. NODE comes from the action script: answers name the node that runs it.
                global
                    maxconn 4000
                    nbthread 1
                    # It asks nobody over TLS by itself: reading all certificates of the system would take half of its start.
                    .if version_atleast(2.6)
                    httpclient.ssl.verify none
                    .endif

                defaults
                    mode http
                    timeout connect 100ms
                    timeout client  5s
                    timeout server  5s
                    timeout check   100ms
                    # A web server that moved or died must not cost the client its answer: ask the other one.
                    retries 3
                    option redispatch 1
                    retry-on conn-failure empty-response
                    default-server inter 200ms fastinter 50ms downinter 100ms fall 2 rise 1 observe layer4 error-limit 1 on-error mark-down

                frontend web
                    bind %s:80
                    # Answered by HAProxy itself: the action script checks HAProxy, not what is behind it.
                    monitor-uri /holdfast-alive
                    http-response set-header X-Balanced-By "haproxy on ${NODE}"
                    default_backend httpd

                backend httpd
                    balance roundrobin
                    option httpchk GET /index.html
                    server httpd1 %s:80 check
                    server httpd2 %s:80 check
                """.formatted(haproxyAddress, httpd1Address, httpd2Address);
    }

    private String httpdConf(String name, String address) {
        return """
                # Instance %1$s: its own address, pid file, pages and logs; it shares nothing with another instance.
                ServerName %1$s
                ServerRoot %3$s/%1$s
                DefaultRuntimeDir /run/%1$s
                PidFile /run/%1$s.pid
                Listen %2$s:80

                LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
                LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
                LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
                LoadModule env_module /usr/lib/apache2/modules/mod_env.so
                LoadModule headers_module /usr/lib/apache2/modules/mod_headers.so
                LoadModule include_module /usr/lib/apache2/modules/mod_include.so
                LoadModule mime_module /usr/lib/apache2/modules/mod_mime.so

                User www-data
                Group www-data
                StartServers 1
                ServerLimit 2
                ThreadsPerChild 25
                MaxRequestWorkers 50

                ErrorLog %3$s/%1$s/logs/error.log
                LogFormat "%%t %%a %%>s %%Dus \\"%%r\\"" short
                CustomLog %3$s/%1$s/logs/access.log short

                DocumentRoot %3$s/%1$s/htdocs
                DirectoryIndex index.html
                TypesConfig /dev/null
                AddType text/html .html
                # NODE comes from the action script: pages and answers name the node that runs this instance.
                PassEnv NODE
                Header set X-Served-By "%1$s on ${NODE}"
                <Directory %3$s/%1$s/htdocs>
                    Options +Includes
                    SetOutputFilter INCLUDES
                    Require all granted
                </Directory>
                """.formatted(name, address, shared);
    }

    private static String indexHtml(String name) {
        return """
                <!DOCTYPE html>
                <html lang="en">
                <head><meta charset="utf-8"><title>%1$s</title></head>
                <body><p>This is <b>%1$s</b> on <b><!--#echo var="NODE" --></b>.</p></body>
                </html>
                """.formatted(name);
    }
}
