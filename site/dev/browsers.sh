# Part of build.sh: finds the two browsers of the tests, or installs them.

# need_browsers exports CHROME and FIREFOX, installing what is not there.
need_browsers() {
	need_browser CHROME chromium chromium-browser google-chrome google-chrome-stable \
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" /Applications/Chromium.app/Contents/MacOS/Chromium
	need_browser FIREFOX firefox-esr firefox /Applications/Firefox.app/Contents/MacOS/firefox
}

# need_browser VARIABLE PACKAGE NAME… exports the variable: what it says already, or a browser of these names, or the package.
need_browser() {
	local variable=$1 package=$2 found
	shift
	if [[ -n ${!variable:-} ]]; then
		found=$(find_browser "${!variable}")
		[[ -n $found ]] || fail "$variable is ${!variable}, which does not start: set it to the path of a browser, or unset it."
	else
		found=$(find_browser "$@")
	fi
	if [[ -z $found ]]; then
		install_browser "$package" "$variable"
		found=$(find_browser "$package")
		[[ -n $found ]] || fail "$package is installed now but does not start: set $variable to the path of a browser."
	fi
	export "$variable=$found"
}

# find_browser CANDIDATE… prints the path of the first that starts; some systems have scripts in a browser's place.
find_browser() {
	local candidate
	for candidate in "$@"; do
		[[ -n $candidate ]] && command -v "$candidate" >/dev/null || continue
		"$candidate" --version >/dev/null 2>&1 </dev/null && command -v "$candidate" && return
	done
	return 0
}

# install_browser PACKAGE VARIABLE installs a browser with apt, as root or with sudo.
install_browser() {
	local package=$1 as_root=()
	local hint="install $package, or set $2 to the path of such a browser, and try again."
	command -v apt-get >/dev/null || fail "$package is missing, and there is no apt-get to install it with: $hint"
	if ((EUID != 0)); then
		command -v sudo >/dev/null || fail "$package is missing, and installing it takes root: $hint"
		as_root=(sudo --non-interactive)
	fi
	quietly "Installing $package with apt-get" apt_install "$package" ${as_root[@]+"${as_root[@]}"}
}

apt_install() {
	local package=$1
	shift
	"$@" apt-get update -qq
	"$@" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package"
}
